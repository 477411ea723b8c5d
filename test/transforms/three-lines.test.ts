import { createReadStream, createWriteStream, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parse } from 'csv-parse'
import { field, fileSource, type Report, schema, split, validate } from 'sluice'
import { parser } from 'stream-json'
import { streamArray } from 'stream-json/streamers/stream-array.js'
import t from 'tap'
import { header, lines, linesThat, object, person } from './people.js'
import { parsed, runText } from './run-validate.js'

const count = 40_000
const input = header + lines(1, count)

t.test('any Writable takes the valid bytes', async (t) => {
  const folder = t.testdir({ 'in.csv': input })
  await pipeline(fileSource(join(folder, 'in.csv')), validate(person), createWriteStream(join(folder, 'valid.csv')))
  t.equal(readFileSync(join(folder, 'valid.csv'), 'utf8'), header + linesThat(true, 1, count))
})

t.test('split sees what was refused, and why', async (t) => {
  const folder = t.testdir({ 'in.csv': input })
  const [valid, invalid, violations, report] = ['ok.csv', 'bad.csv', 'why.ndjson', 'report.json'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
    string,
  ]
  await pipeline(fileSource(join(folder, 'in.csv')), validate(person), split({ valid, invalid, violations, report }))
  t.equal(readFileSync(valid, 'utf8'), header + linesThat(true, 1, count))
  t.equal(readFileSync(invalid, 'utf8'), header + linesThat(false, 1, count), 'with the header, so that it can be corrected and run again')
  const found = parsed(readFileSync(violations))
  t.equal(found.length, count / 10)
  t.strictSame(found[1], {
    code: 'minimum',
    keyword: 'minimum',
    field: 'age',
    message: found[1]?.message,
    value: '7',
    params: { minimum: 18 },
    source: join(folder, 'in.csv'),
    record: 13,
    line: 14,
    byte: Buffer.byteLength(header + lines(1, 12)),
    column: 2,
  })
  const told: Report = JSON.parse(readFileSync(report, 'utf8'))
  t.match(told, {
    format: 'csv',
    source: join(folder, 'in.csv'),
    bytes: Buffer.byteLength(input),
    counts: { read: count, valid: count * 0.9, invalid: count / 10, violations: count / 10 },
    rules: [{ field: 'age', keyword: 'minimum', code: 'minimum', count: count / 10 }],
    complete: true,
  })
  t.equal(told.rules.length, 1)
  t.strictSame(readdirSync(folder).sort(), ['bad.csv', 'in.csv', 'ok.csv', 'report.json', 'why.ndjson'], 'no temporary file stays')
  const again = await runText(readFileSync(invalid, 'utf8').replaceAll(',7\n', ',47\n'), person)
  t.match(again, { counts: { read: count / 10, invalid: 0 } }, 'the refused, corrected, are valid')
})

t.test('objects of csv-parse: texts are read as the schema says', async (t) => {
  const folder = t.testdir({ 'in.csv': `${header}1,Ada,36\n2,,36\n3,Eve,\n4x,Bob,1e1\n5,"a, ""b""",99\n` })
  const seen: unknown[] = []
  const gate = validate(person)
  const refused: unknown[] = []
  gate.on('refused', ({ record, index, violations }) =>
    refused.push([record.id, index, violations.map(({ code }: { code: string }) => code)]),
  )
  await pipeline(createReadStream(join(folder, 'in.csv')), parse({ columns: true }), gate, async function* (records) {
    for await (const record of records) seen.push(record)
    yield* []
  })
  // The objects are csv-parse's own, and stay as it made them.
  t.strictSame(seen, [
    { id: '1', name: 'Ada', age: '36' },
    { id: '3', name: 'Eve', age: '' },
    { id: '5', name: 'a, "b"', age: '99' },
  ])
  // An empty cell is a missing one, so `required` speaks of it.
  t.strictSame(refused, [
    ['2', 1, ['required']],
    ['4x', 3, ['type', 'type']],
  ])
  t.match(gate.report, { format: 'records', source: null, bytes: 0, counts: { read: 5, valid: 3, invalid: 2, violations: 3 } })
})

t.test('objects of csv-parse that casts by itself are values already', async (t) => {
  const gate = validate(person)
  await pipeline(
    Readable.from([`${header}1,Ada,36\n2,7,36\n`]),
    parse({ columns: true, cast: (cell, { header }) => (header || Number.isNaN(+cell) ? cell : +cell) }),
    gate,
    async (records) => {
      for await (const _ of records);
    },
  )
  t.match(gate.report, { counts: { read: 2, valid: 1 } }, 'the name that was cast to a number is no text')
})

t.test('objects of stream-json, each in its envelope', async (t) => {
  const folder = t.testdir()
  const records = Array.from({ length: 3_000 }, (_, at) => ({ ...object(at + 1), tags: ['a', { b: at }] }))
  writeFileSync(join(folder, 'in.json'), JSON.stringify(records))
  const tagged = person.extend({ tags: field.array(field.any()) })
  const seen: { key: number; value: unknown }[] = []
  const gate = validate(tagged, { select: ({ value }: { value: unknown }) => value })
  await pipeline(createReadStream(join(folder, 'in.json')), parser.asStream(), streamArray.asStream(), gate, async (items) => {
    for await (const item of items) seen.push(item)
  })
  t.strictSame(
    seen,
    records.map((value, key) => ({ key, value })).filter(({ value }) => value.age >= 18),
    'order and envelope are kept',
  )
  t.match(gate.report, { counts: { read: 3_000, valid: 2_700, invalid: 300 } })
})

t.test('objects through split: lines of JSON in files', async (t) => {
  const folder = t.testdir()
  const path = (name: string) => join(folder, name)
  const source = Readable.from([1, 2, 3, 4].map(object))
  await pipeline(
    source,
    validate(person),
    split({ valid: path('ok'), invalid: path('bad'), violations: path('why'), report: path('report') }),
  )
  t.equal(readFileSync(path('ok'), 'utf8'), [1, 2, 4].map((id) => `${JSON.stringify(object(id))}\n`).join(''))
  t.equal(readFileSync(path('bad'), 'utf8'), `${JSON.stringify(object(3))}\n`)
  t.match(parsed(readFileSync(path('why'))), [{ record: 3, line: null, byte: null, column: null, field: 'age', pointer: '/age', value: 7 }])
  t.match(JSON.parse(readFileSync(path('report'), 'utf8')), { format: 'records', counts: { read: 4, valid: 3 }, complete: true })
})

t.test('a builder schema, its JSON Schema and a composed one do the same', async (t) => {
  const outcomes = await Promise.all(
    [person, person.toJSONSchema(), schema({ id: field.integer() }).extend(person)].map((each) => runText(input.slice(0, 2_000), each)),
  )
  t.strictSame(outcomes[0]?.violations, outcomes[1]?.violations)
  t.strictSame(outcomes[0]?.valid, outcomes[2]?.valid)
})
