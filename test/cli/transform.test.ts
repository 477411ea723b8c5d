import { createReadStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse'
import type { JSONSchemaObject } from 'sluice'
import t from 'tap'
import { fetch, skipWithoutPip } from '../real-data/fetch.js'
import { schemaOf } from '../real-data/known.js'
import { people, sluice } from './run-filter.js'

const closed = {
  type: 'object',
  properties: { id: { type: 'integer' }, age: { type: 'integer', minimum: 18 } },
  required: ['id', 'age'],
  additionalProperties: false,
}

t.test('CSV to NDJSON and back', async (t) => {
  const cwd = t.testdir({ ...people, 's.json': JSON.stringify(closed) })
  const to = await sluice(['validate', 'people.csv', '--schema', 's.json', '--to', 'ndjson', '--valid', 'v.ndjson', '--invalid', 'i.csv'], {
    cwd,
  })
  t.strictSame([to.code, to.stderr], [1, ''])
  t.equal(readFileSync(join(cwd, 'v.ndjson'), 'utf8'), '{"id":1,"age":20}\n{"id":3,"age":40}\n{"id":5,"age":60}\n')
  t.equal(readFileSync(join(cwd, 'i.csv'), 'utf8'), people['invalid.csv'])
  const back = await sluice(['validate', 'v.ndjson', '--schema', 's.json', '--to', 'csv', '--delimiter', 'tab'], { cwd })
  t.strictSame([back.code, back.stdout], [0, people['valid.csv'].replaceAll(',', '\t')])
})

t.test('what is asked wrongly ends with 2, and with what to do', async (t) => {
  const steps = (...given: object[]) => JSON.stringify({ ...closed, 'x-transform': given })
  const cwd = t.testdir({
    ...people,
    'typo.json': steps({ select: ['id', 'agee'] }),
    'keyed.json': steps({ hash: { id: { algorithm: 'hmac-sha256' } } }),
  })
  const run = (...words: string[]) => sluice(['validate', 'people.csv', ...words], { cwd, environment: { KEY: 'k', EMPTY: '' } })
  t.match(await run('--schema', 'typo.json'), { code: 2, stderr: /#\/x-transform\/0\/select\/1.*\[schema\/transform\]/s })
  t.match(await run('--schema', 'keyed.json'), { code: 2, stderr: /--hash-key-env.*\[option\/invalid\]/s })
  t.match(await run('--schema', 'keyed.json', '--hash-key-env', 'NONE'), { code: 2, stderr: /NONE.*is not set/s })
  t.match(await run('--schema', 'keyed.json', '--hash-key-env', 'EMPTY'), { code: 2, stderr: /EMPTY.*is empty/s })
  t.match(await run('--schema', 'keyed.json', '--hash-key-env', 'KEY'), { code: 1, stdout: /^id,age\n[0-9a-f]{64},20\n/ })
  t.match(await run('--schema', 'people.schema.json', '--to', 'xml'), { code: 2 })
  const told = await sluice(['explain', '--schema', 'keyed.json'], { cwd })
  t.match(told.stdout, /x-transform.*changes valid records: hash/)
})

t.test('several inputs: joined with one header row, and apart under names that say what they are', async (t) => {
  const renamed = { ...closed, 'x-transform': [{ rename: { id: 'key' } }] }
  const cwd = t.testdir({ ...people, 'more.csv': 'id,age\n7,70', 's.json': JSON.stringify(renamed), 'e.ndjson': '{"id":9,"age":90}\n' })
  const joined = await sluice(['validate', 'people.csv', 'more.csv', '--schema', 's.json', '--valid', 'v.csv', '--invalid', 'i.csv'], {
    cwd,
  })
  t.equal(joined.code, 1, joined.stderr)
  t.equal(readFileSync(join(cwd, 'v.csv'), 'utf8'), 'key,age\n1,20\n3,40\n5,60\n7,70')
  t.equal(readFileSync(join(cwd, 'i.csv'), 'utf8'), people['invalid.csv'])
  const apart = await sluice(['validate', 'more.csv', 'e.ndjson', '--schema', 's.json', '--to', 'ndjson', '--output-dir', 'out'], { cwd })
  t.equal(apart.code, 0, apart.stderr)
  t.equal(readFileSync(join(cwd, 'out/valid/more.ndjson'), 'utf8'), '{"key":7,"age":70}\n')
  t.equal(readFileSync(join(cwd, 'out/valid/e.ndjson'), 'utf8'), '{"key":9,"age":90}\n')
  t.equal(readFileSync(join(cwd, 'out/invalid/more.csv'), 'utf8'), 'id,age\n')
})

t.test('a run that goes on from a checkpoint transforms as one run does', async (t) => {
  const rows = Array.from({ length: 20_000 }, (_, at) => `${at},${at % 7 === 0 ? 3 : 20}\n`).join('')
  const cwd = t.testdir({
    'in.csv': `id,age\n${rows}`,
    's.json': JSON.stringify({ ...closed, 'x-transform': [{ cast: { id: 'string' } }] }),
  })
  const words = ['validate', 'in.csv', '--schema', 's.json', '--to', 'ndjson', '--valid', 'v.ndjson', '--invalid', 'i.csv']
  const whole = await sluice(words, { cwd })
  t.equal(whole.code, 1, whole.stderr)
  const expected = readFileSync(join(cwd, 'v.ndjson'))
  const kept = await sluice([...words, '--checkpoint', 'c', '--checkpoint-bytes', '5000'], { cwd })
  t.equal(kept.code, 1, kept.stderr)
  t.ok(readFileSync(join(cwd, 'v.ndjson')).equals(expected))
})

t.test('real flights: every line is the record that csv-parse reads', { skip: skipWithoutPip }, async (t) => {
  const input = fetch('flights')
  const cwd = t.testdir({ 's.json': JSON.stringify(schemaOf('flights')) })
  const { code, stderr } = await sluice(
    ['validate', input, '--schema', 's.json', '--to', 'ndjson', '--valid', 'v.ndjson', '--report', 'r.json'],
    { cwd },
  )
  t.equal(code, 1, stderr)
  const { counts } = JSON.parse(readFileSync(join(cwd, 'r.json'), 'utf8'))
  const types = (schemaOf('flights') as JSONSchemaObject).properties as Record<string, { type?: string }>
  const lines = readFileSync(join(cwd, 'v.ndjson'), 'utf8').split('\n')
  let [count, skipped] = [0, 0]
  for await (const row of createReadStream(input).pipe(parse({ columns: true })) as AsyncIterable<Record<string, string>>) {
    const members = Object.entries(row).filter(([, text]) => text !== '')
    const valueOf = (name: string, text: string) => (types[name]?.type === 'integer' ? Number(text) : text)
    const expected = JSON.stringify(Object.fromEntries(members.map(([name, text]) => [name, valueOf(name, text)])))
    // Records that the schema refuses are not there.
    if (lines[count] === expected) count += 1
    else skipped += 1
  }
  t.strictSame(lines.slice(count), [''], 'no line is left')
  t.strictSame([count, skipped], [counts.valid, counts.invalid])
})
