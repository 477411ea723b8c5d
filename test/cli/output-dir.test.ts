import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import t from 'tap'
import { files, schema } from './many-files.js'
import { sluice } from './run-filter.js'

t.test('--output-dir has the outputs of each by itself, and never looks into itself', async (t) => {
  const cwd = t.testdir(files)
  writeFileSync(join(cwd, 'in/d.csv.gz'), gzipSync('age,id\n20,1\n2,2\n'))
  writeFileSync(join(cwd, 'in/e.json'), '[{"id":1,"age":20},{"id":2,"age":2}]')
  for (const words of [['in'], ['./in/']]) {
    t.strictSame(await sluice(['validate', ...words, ...schema, '--output-dir', 'in/out'], { cwd }), { code: 1, stdout: '', stderr: '' })
    const read = (name: string) => readFileSync(join(cwd, 'in/out', name))
    t.equal(read('valid/in/a.csv').toString(), 'id,age\n1,20\n')
    t.equal(read('invalid/in/sub/c.csv').toString(), 'id,age\n6,1\n')
    t.equal(gunzipSync(read('valid/in/d.csv.gz')).toString(), 'age,id\n20,1\n')
    t.equal(read('valid/in/e.ndjson').toString(), '{"id":1,"age":20}\n')
    t.match(JSON.parse(read('reports/in/d.csv.gz.json').toString()), { counts: { read: 2, valid: 1 } })
    t.equal(readdirSync(join(cwd, 'in/out'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length, 24)
  }
  writeFileSync(join(cwd, 'a.csv'), 'id,age\n1,20\n')
  const same = await sluice(
    ['validate', 'a.csv', '../'.concat(cwd.split('/').at(-1) as string, '/a.csv'), './a.csv', ...schema, '--output-dir', 'o'],
    { cwd },
  )
  t.match(same, { code: 2, stderr: /\[sink\/same-path\]/ }, 'no output is overwritten by that of another input')
})

const unix = { skip: process.platform === 'win32' && 'has other names' }

t.test('--output-dir: names that only look alike are apart, and no output takes the place of another', unix, async (t) => {
  const record = 'id,age\n1,20\n'
  const inputs = { 'a.csv': record, valid: { 'a.csv': record }, 't.csv': { 'b.csv': record }, long: { [`${'n'.repeat(247)}.csv`]: record } }
  const cwd = t.testdir({ ...files, 't.csv': record, here: { ...inputs, out: { reports: {}, valid: {} } } })
  const here = join(cwd, 'here')
  const run = (...words: string[]) => sluice(['validate', '--schema', '../schema.json', '--output-dir', 'out', ...words], { cwd: here })
  const made = () => readdirSync(join(here, 'out'), { recursive: true }).map(String)
  t.strictSame(await run('a.csv', 'valid/a.csv'), { code: 0, stdout: '', stderr: '' })
  t.ok(['valid/a.csv', 'valid/valid/a.csv', 'reports/valid/a.csv.json'].every((name) => made().includes(name)))

  const folder = {
    code: 2,
    stderr: /^sluice: failed: \S*t\.csv\S*: The inputs .* would both have an output at valid\/t\.csv; .*\[sink\/same-path\]\n$/,
  }
  t.match(await run('../t.csv', 't.csv/b.csv', '--jobs', '1'), folder)
  rmSync(join(here, 'out'), { recursive: true })
  t.match(await run('t.csv/b.csv', '../t.csv', '--jobs', '1'), folder)

  const long = await run('long', 'a.csv', '--report', 'r.json')
  t.match(long, { code: 2, stderr: /^sluice: failed: long\/n+\.csv: The output .* its name is longer .*\[sink\/unwritable\]\n$/ })
  t.match(JSON.parse(readFileSync(join(here, 'r.json'), 'utf8')), { complete: false, sources: ['a.csv'] }, 'the others go on')
  writeFileSync(join(here, 'out/valid/stale'), '')
  mkdirSync(join(here, 'stale'))
  writeFileSync(join(here, 'stale/c.csv'), record)
  t.match(await run('stale', 'a.csv'), { code: 2, stderr: /^sluice: failed: stale\/c\.csv: .* a file stands where a folder .*\n$/ })

  const before = readFileSync(join(here, 'out/reports/a.csv.json'))
  for (const [option, path] of [
    ['--report', 'out/reports/a.csv.json'],
    ['--reports', 'out/valid/../valid/a.csv'],
    ['--schema', 'out/invalid/a.csv'],
  ] as const) {
    const isSchema = option === '--schema'
    if (isSchema) writeFileSync(join(here, path), files['schema.json'])
    const words = [...(isSchema ? [] : ['--schema', '../schema.json']), option, path, '--output-dir', 'out', 'a.csv']
    const same = await sluice(['validate', ...words], { cwd: here })
    t.match(same, { code: 2, stderr: new RegExp(`^sluice: failed: a\\.csv: .* is ${option}; .*\\[sink/same-path\\]\\n$`) })
  }
  t.same(readFileSync(join(here, 'out/reports/a.csv.json')), before)
  t.equal(readFileSync(join(here, 'out/invalid/a.csv'), 'utf8'), files['schema.json'])
})
