import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { sluice } from './run-filter.js'

const schemaOf = {
  type: 'object',
  properties: { id: { type: 'integer' }, name: { type: ['string', 'null'] } },
  'x-unique': ['id'],
  'x-recordCount': { maximum: 4 },
  'x-missingRatio': { name: { maximum: 0.5 } },
}
const files = {
  'schema.json': JSON.stringify(schemaOf),
  'once.csv': 'id,name\n1,a\n2,b\n',
  'twice.csv': 'id,name\n3,a\n3,b\n',
  'late.csv': 'id,name\n2,\n4,\n5,\n6,\n',
  'bad.csv': 'id,other\n1,a\n',
}
const schema = ['--schema', 'schema.json', '--valid', 'ok.csv', '--violations', 'why.ndjson', '--report', 'report.json']

t.test('one input', async (t) => {
  const cwd = t.testdir(files)
  const read = (name: string) => readFileSync(join(cwd, name), 'utf8')
  t.equal((await sluice(['validate', 'once.csv', ...schema], { cwd })).code, 0)
  t.match(await sluice(['validate', 'twice.csv', ...schema, '--progress'], { cwd }), { code: 1, stderr: /unique\/duplicate +line 3/ })
  t.match(JSON.parse(read('why.ndjson')), { code: 'unique/duplicate', params: { first: { record: 1, line: 2, source: 'twice.csv' } } })
  const late = await sluice(['validate', 'late.csv', ...schema, '--progress'], { cwd })
  t.match(late, { code: 1, stderr: /missingRatio\/maximum/ }, 'every record is valid, and all of them together are not')
  t.match(JSON.parse(read('why.ndjson')), {
    code: 'missingRatio/maximum',
    field: 'name',
    record: 0,
    params: { maximum: 0.5, count: 4, of: 4 },
  })
  t.match(JSON.parse(read('report.json')), {
    counts: { read: 4, valid: 4, violations: 1 },
    streamRules: { bounds: [{ met: true }, { met: false }] },
  })
})

t.test('several inputs are one whole, whatever --jobs is', async (t) => {
  const cwd = t.testdir(files)
  const read = (name: string) => readFileSync(join(cwd, name), 'utf8')
  t.equal((await sluice(['validate', 'once.csv', 'twice.csv', 'late.csv', ...schema, '--jobs', '4'], { cwd })).code, 1)
  t.equal(read('ok.csv'), 'id,name\n1,a\n2,b\n3,a\n4,\n5,\n6,\n')
  const lines = read('why.ndjson').trimEnd().split('\n')
  t.match(
    lines.map((line) => JSON.parse(line)),
    [
      { code: 'unique/duplicate', source: 'twice.csv' },
      { code: 'unique/duplicate', source: 'late.csv', record: 1, params: { first: { record: 2, line: 3, source: 'once.csv' } } },
      { code: 'recordCount/maximum', source: null, record: 0, params: { maximum: 4, count: 8 } },
    ],
  )
  t.match(JSON.parse(read('report.json')), { counts: { read: 8, valid: 6, violations: 3 }, streamRules: { streams: 1 } })
  t.equal((await sluice(['validate', 'late.csv', 'once.csv', '--schema', 'schema.json', '--valid', 'ok.csv'], { cwd })).code, 1)
})

t.test('an input that cannot be read ends the run, without outputs', async (t) => {
  const cwd = t.testdir(files)
  const { code, stderr } = await sluice(['validate', 'once.csv', 'bad.csv', 'late.csv', ...schema], { cwd })
  t.equal(code, 2)
  t.match(stderr, /bad\.csv.*input|header/)
  t.notOk(readdirSync(cwd).includes('ok.csv'))
})

t.test('options', async (t) => {
  const cwd = t.testdir(files)
  const memory = ['--unique-bytes-max', '65536', '--temporary-directory', cwd]
  t.equal((await sluice(['validate', 'once.csv', ...schema, ...memory], { cwd })).code, 0)
  t.match(await sluice(['validate', 'once.csv', ...schema, '--unique-bytes-max', '0'], { cwd }), { code: 2, stderr: /unique-bytes-max/ })
  const kept = await sluice(['validate', 'once.csv', ...schema, '--checkpoint', 'kept'], { cwd })
  t.match(kept, { code: 2, stderr: /x-unique.*checkpoint.*\[schema\/stream-rule\]/ })
  const explained = await sluice(['explain', '--schema', 'schema.json', '--json'], { cwd })
  const of = JSON.parse(explained.stdout) as { keyword: string; how: string; note: string | null }[]
  t.match(
    of.filter(({ keyword }) => keyword.startsWith('x-')),
    ['x-unique', 'x-recordCount', 'x-missingRatio'].map((keyword) => ({ keyword, how: 'compiled', note: /whole stream/ })),
  )
})
