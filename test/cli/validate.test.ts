import { once } from 'node:events'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { people, shell, sluice, start } from './run-filter.js'

const unix = { skip: process.platform === 'win32' && 'needs bash' }
const schema = ['--schema', 'people.schema.json']

t.test('valid records go to standard output, and nothing else is said', async (t) => {
  const cwd = t.testdir(people)
  const outcome = await sluice(['validate', 'people.csv', ...schema], { cwd })
  t.strictSame(outcome, { code: 1, stdout: people['valid.csv'], stderr: '' })
  t.strictSame(await sluice(['validate', 'valid.csv', ...schema], { cwd }), { code: 0, stdout: people['valid.csv'], stderr: '' })
})

t.test('standard input, by - and by default', async (t) => {
  const cwd = t.testdir(people)
  for (const words of [[], ['-']]) {
    const outcome = await sluice(['validate', ...words, ...schema, '--violations', 'v.ndjson'], { cwd, input: people['people.csv'] })
    t.strictSame(outcome, { code: 1, stdout: people['valid.csv'], stderr: '' })
    t.match(JSON.parse(fs.readFileSync(join(cwd, 'v.ndjson'), 'utf8').split('\n')[0] as string), { source: '-', record: 2 })
  }
})

t.test('every output to its file', async (t) => {
  const cwd = t.testdir(people)
  const words = ['--valid', 'ok.csv', '--invalid', 'bad.csv', '--violations', 'why.ndjson', '--report', 'report.json']
  t.strictSame(await sluice(['validate', 'people.csv', ...schema, ...words], { cwd }), { code: 1, stdout: '', stderr: '' })
  const read = (name: string) => fs.readFileSync(join(cwd, name), 'utf8')
  t.equal(read('ok.csv'), people['valid.csv'])
  t.equal(read('bad.csv'), people['invalid.csv'])
  const violations = read('why.ndjson')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  t.equal(violations.length, 3)
  t.match(violations[0], { source: 'people.csv', record: 2, line: 3, field: 'id', code: 'type', value: 'x' })
  t.match(JSON.parse(read('report.json')), {
    source: 'people.csv',
    complete: true,
    counts: { read: 5, valid: 3, invalid: 2, violations: 3 },
  })
  t.strictSame(
    fs.readdirSync(cwd).filter((name) => name.includes('.tmp')),
    [],
  )
})

t.test('any one output may be standard output; valid records then go nowhere unless they are sent', async (t) => {
  const cwd = t.testdir(people)
  const run = async (...words: string[]) => (await sluice(['validate', 'people.csv', ...schema, ...words], { cwd })).stdout
  t.equal(await run('--valid', '-'), people['valid.csv'])
  t.equal(await run('--invalid', '-'), people['invalid.csv'])
  t.equal(await run('--invalid=-', '--valid', 'ok.csv'), people['invalid.csv'])
  t.equal(fs.readFileSync(join(cwd, 'ok.csv'), 'utf8'), people['valid.csv'])
  t.equal((await run('--violations', '-')).trimEnd().split('\n').length, 3)
  t.equal(JSON.parse(await run('--report', '-')).counts.invalid, 2)
  t.equal(await run('--invalid', '/dev/stdout'), people['invalid.csv'], 'by its other name')
})

t.test('--json prints the report where no records go', async (t) => {
  const cwd = t.testdir(people)
  const apart = await sluice(['validate', 'people.csv', ...schema, '--json', '--valid', 'ok.csv'], { cwd })
  t.equal(JSON.parse(apart.stdout).counts.read, 5)
  t.equal(apart.stderr, '')
  const beside = await sluice(['validate', 'people.csv', ...schema, '--json'], { cwd })
  t.equal(beside.stdout, people['valid.csv'])
  t.equal(JSON.parse(beside.stderr).counts.read, 5)
})

t.test('an output may be the input', async (t) => {
  const cwd = t.testdir(people)
  const outcome = await sluice(['validate', 'people.csv', ...schema, '--valid', 'people.csv', '--invalid', 'bad.csv'], { cwd })
  t.equal(outcome.code, 1)
  t.equal(fs.readFileSync(join(cwd, 'people.csv'), 'utf8'), people['valid.csv'])
  t.equal(fs.readFileSync(join(cwd, 'bad.csv'), 'utf8'), people['invalid.csv'])
})

t.test('the options of CSV', async (t) => {
  const cwd = t.testdir({ ...people, 'tabs.tsv': 'id\tage\n1\t20\n2\t3\n' })
  const run = (input: string, ...words: string[]) => sluice(['validate', '-', ...schema, ...words], { cwd, input })
  t.match(await run('id;age\n1;20\n', '--delimiter', ';'), { code: 0, stdout: 'id;age\n1;20\n' })
  for (const tab of ['\t', '\\t', 'tab'])
    t.match(await run('id\tage\n1\t20\n', '--delimiter', tab), { code: 0, stderr: '' }, `tab as ${tab}`)
  t.match(await sluice(['validate', 'tabs.tsv', ...schema], { cwd }), { code: 1, stdout: 'id\tage\n1\t20\n' }, 'a tab for .tsv')
  t.match(await run("id,age\n'1',20\n", '--quote', "'"), { code: 0 })
  t.match(await run('# by hand\nid,age\n1,20\n', '--comment', '#'), { code: 0 })
  t.match(await run('20,1\n3,2\n', '--header', 'age,id'), { code: 1, stdout: '20,1\n' }, 'names for an input without a header row')
  t.match(await run('id,age\n,20\n'), { code: 1 }, 'an empty cell is no value')
  t.match(await run('id,age\n1,NA\n', '--missing', 'NA', '--violations', '-'), { stdout: /"code":"required"/ })
  t.match(await run('id,age\n1,\n', '--missing=', '--missing', '-', '--violations', '-'), { stdout: /"code":"required"/ })
  t.match(await run('id,age\n1,\n', '--no-missing', '--violations', '-'), { stdout: /"code":"type"/ })
  t.match(await run('id,age\n1,3\n', '--mask', 'age', '--violations', '-'), { stdout: /"value":"\*\*\*"/ })
})

t.test('the format, from the name or as given', async (t) => {
  const cwd = t.testdir({ ...people, 'people.ndjson': '{"id":1,"age":20}\n{"id":2,"age":3}\n', odd: '{"id":1,"age":20}\n' })
  t.match(await sluice(['validate', 'people.ndjson', ...schema], { cwd }), { code: 1, stdout: '{"id":1,"age":20}\n' })
  t.match(await sluice(['validate', 'odd', ...schema, '--format', 'ndjson'], { cwd }), { code: 0, stdout: '{"id":1,"age":20}\n' })
})

t.test('--max-errors stops, with violations and report but without the rest', async (t) => {
  const cwd = t.testdir(people)
  const words = ['--valid', 'ok.csv', '--invalid', 'bad.csv', '--violations', 'why.ndjson', '--report', 'report.json', '--max-errors']
  const stopped = await sluice(['validate', 'people.csv', ...schema, ...words, '1'], { cwd })
  t.equal(stopped.code, 3)
  t.match(stopped.stderr, /^sluice: .* \[limit\/max-errors\]\n$/)
  const made = ['ok.csv', 'bad.csv', 'why.ndjson', 'report.json'].filter((name) => fs.existsSync(join(cwd, name)))
  t.strictSame(made, ['why.ndjson', 'report.json'])
  t.equal(JSON.parse(fs.readFileSync(join(cwd, 'report.json'), 'utf8')).complete, false)
  t.equal((await sluice(['validate', 'people.csv', ...schema, ...words, '2'], { cwd })).code, 1)
  t.equal((await sluice(['validate', 'people.csv', ...schema, ...words, '50%'], { cwd })).code, 1)
})

t.test('an input without a byte', async (t) => {
  const cwd = t.testdir({ ...people, 'empty.csv': '' })
  t.match(await sluice(['validate', 'empty.csv', ...schema], { cwd }), { code: 2, stderr: /^sluice: .* \[input\/empty\]\n$/ })
  t.strictSame(await sluice(['validate', 'empty.csv', ...schema, '--allow-empty'], { cwd }), { code: 0, stdout: '', stderr: '' })
})

t.test('a reader that goes away is no failure', unix, async (t) => {
  const cwd = t.testdir(people)
  const rows = Array.from({ length: 300_000 }, (_, n) => `${n},${n % 2 ? 20 : 3}`).join('\n')
  fs.writeFileSync(join(cwd, 'many.csv'), `id,age\n${rows}\n`)
  const filter = 'sluice validate many.csv --schema people.schema.json'
  t.strictSame(await shell(`set -o pipefail; ${filter} | head -1`, { cwd }), { code: 0, stdout: 'id,age\n', stderr: '' })
  const report = await shell(`${filter} --report r.json | head -1; echo \${PIPESTATUS[0]}`, { cwd })
  t.strictSame(report, { code: 0, stdout: 'id,age\n1\n', stderr: '' }, 'what else was asked for is completed')
  t.match(JSON.parse(fs.readFileSync(join(cwd, 'r.json'), 'utf8')), { complete: true, counts: { read: 300_000, invalid: 150_000 } })
  t.match(await shell(`${filter} --violations >(head -1 > first) --valid ok.csv`, { cwd }), { code: 1, stderr: '' })
  t.equal(fs.readFileSync(join(cwd, 'ok.csv'), 'utf8').split('\n').length, 150_002)
  t.match(await shell('sluice --help | head -1', { cwd }), { code: 0, stderr: '' })
  t.match(await shell('set -o pipefail; sluice validate people.csv --schema nope.json 2>&1 | true', { cwd }), { code: 2, stderr: '' })
})

t.test('a reader that goes away ends it, even when the input goes on', unix, async (t) => {
  const child = start(['validate', '--schema', 'people.schema.json'], t.testdir(people))
  child.stdin?.on('error', () => {})
  const writing = setInterval(() => child.stdin?.write(`id,age\n${'1,20\n'.repeat(100_000)}`), 10)
  child.stdout?.once('data', () => child.stdout?.destroy())
  const [stderr, [code]] = await Promise.all([text(child.stderr as NodeJS.ReadableStream), once(child, 'exit')])
  clearInterval(writing)
  t.equal(code, 0)
  t.equal(stderr, '')
})

t.test('pipes in and out', unix, async (t) => {
  const cwd = t.testdir(people)
  const line = 'cat people.csv | sluice validate --schema people.schema.json | sluice validate --schema people.schema.json | wc -l'
  t.match(await shell(line, { cwd }), { stdout: /^\s*4\n$/, stderr: '' })
  await shell('mkfifo p q; cat people.csv > p & cat q > out.csv & sluice validate p --schema people.schema.json --valid q; wait', { cwd })
  t.equal(fs.readFileSync(join(cwd, 'out.csv'), 'utf8'), people['valid.csv'])
  const added = 'echo before > log; sluice validate people.csv --schema people.schema.json >> log; echo after >> log; cat log'
  t.equal((await shell(added, { cwd })).stdout, `before\n${people['valid.csv']}after\n`)
})
