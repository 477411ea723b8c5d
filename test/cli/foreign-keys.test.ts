import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { sluice } from './run-filter.js'

const reference = (resource: string) => ({ resource, fields: 'code' })
const files = {
  'schema.json': JSON.stringify({
    type: 'object',
    properties: { carrier: { type: 'string' }, origin: { type: 'string' } },
    'x-foreignKeys': [
      { fields: 'carrier', reference: reference('airlines') },
      { fields: 'origin', reference: reference('airports') },
    ],
  }),
  'airlines.csv': 'code\nAA\nDL\n',
  'airports.ndjson': '{"code":"JFK"}\n{"code":"LGA"}\n',
  'a.csv': 'carrier,origin\nAA,JFK\nZZ,LGA\n',
  'b.csv': 'carrier,origin\nDL,XXX\n',
  'good.csv': 'carrier,origin\nDL,LGA\n',
}
const both = ['--reference', 'airlines=airlines.csv', '--reference', 'airports=airports.ndjson']
const schema = ['--schema', 'schema.json', '--valid', 'ok.csv', '--violations', 'why.ndjson']

t.test('records are held against references', async (t) => {
  const cwd = t.testdir(files)
  const read = (name: string) => readFileSync(join(cwd, name), 'utf8')
  t.equal((await sluice(['validate', 'good.csv', ...schema, ...both], { cwd })).code, 0)
  t.equal((await sluice(['validate', 'a.csv', ...schema, ...both], { cwd })).code, 1)
  t.equal(read('ok.csv'), 'carrier,origin\nAA,JFK\n')
  t.match(JSON.parse(read('why.ndjson')), { code: 'reference/unknown', record: 2, field: 'carrier', value: 'ZZ' })
  t.equal((await sluice(['validate', 'a.csv', 'b.csv', ...schema, ...both], { cwd })).code, 1, 'several inputs')
  t.match(
    read('why.ndjson')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
    [
      { source: 'a.csv', field: 'carrier' },
      { source: 'b.csv', field: 'origin', value: 'XXX' },
    ],
  )
})

t.test('references that are of no use', async (t) => {
  const cwd = t.testdir(files)
  const failing = async (...words: string[]) => {
    const { code, stderr } = await sluice(['validate', 'a.csv', ...schema, ...words], { cwd })
    t.equal(code, 2)
    return stderr
  }
  t.match(await failing('--reference', 'airlines=airlines.csv'), /"airports".*--reference airports=file\.csv/)
  t.match(await failing(...both, '--reference', 'planes=a.csv'), /"planes"/)
  t.match(await failing(...both, '--reference', 'airlines=a.csv'), /twice/)
  t.match(await failing('--reference', 'airlines'), /NAME=FILE/)
  t.match(await failing('--reference', 'airlines=none.csv', '--reference', 'airports=airports.ndjson'), /"airlines" \(none\.csv\)/)
  t.match(await failing(...both, '--checkpoint', 'c.json'), /x-foreignKeys/)
})
