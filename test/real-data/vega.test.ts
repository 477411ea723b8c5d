import { createHash } from 'node:crypto'
import { createReadStream, readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parse } from 'csv-parse'
import { validate } from 'sluice'
import { parser } from 'stream-json'
import { streamArray } from 'stream-json/streamers/stream-array.js'
import t from 'tap'
import { parsed, pieces, runBytes } from '../transforms/run-validate.js'
import { byRule, known, schemaOf, vegaPath } from './known.js'

t.test('zipcodes: CSV', async (t) => {
  const bytes = readFileSync(vegaPath('zipcodes.csv'))
  t.equal(createHash('sha256').update(bytes).digest('hex').slice(0, 16), '8ad998c84fe40b33')
  const { valid, invalid, violations, report } = await runBytes(pieces(bytes, 65_536), schemaOf('zipcodes'), { missing: [] })
  const { read, invalid: refused, rules } = known.zipcodes
  t.strictSame(report.counts, { read, valid: read - refused, invalid: refused, violations: 99 })
  t.strictSame(byRule(report), rules)
  t.equal(report.bytes, bytes.length)

  const lines = bytes.toString().split(/(?<=\n)/)
  const numbers = new Set(parsed(violations).map(({ record }) => record))
  const split = (areRefused: boolean) => lines.filter((_, at) => at === 0 || numbers.has(at) === areRefused).join('')
  t.ok(valid.equals(Buffer.from(split(false))), 'the valid lines are those of the input')
  t.ok(invalid.equals(Buffer.from(split(true))), 'and so are the refused')
  for (const { line, record, byte } of parsed(violations)) {
    if (line !== record + 1 || byte !== Buffer.byteLength(lines.slice(0, record).join('')))
      t.fail(`record ${record} is said to be in line ${line}`)
  }
})

t.test('zipcodes: objects of csv-parse', async (t) => {
  const gate = validate(schemaOf('zipcodes'), { missing: [] })
  let count = 0
  await pipeline(createReadStream(vegaPath('zipcodes.csv')), parse({ columns: true }), gate, async (records) => {
    for await (const _ of records) count += 1
  })
  t.equal(count, known.zipcodes.read - known.zipcodes.invalid)
  t.strictSame(gate.report && byRule(gate.report), known.zipcodes.rules)
})

t.test('movies: objects, objects of stream-json, and NDJSON', async (t) => {
  const movies: unknown[] = JSON.parse(readFileSync(vegaPath('movies.json'), 'utf8'))
  const { read, invalid, rules } = known.movies
  const violations = Object.values<number>(rules).reduce((sum, count) => sum + count)
  const counts = { read, valid: read - invalid, invalid, violations }

  const objects = validate(schemaOf('movies'))
  const valid = await Readable.from(movies).pipe(objects).toArray()
  t.strictSame([objects.report?.counts, objects.report && byRule(objects.report)], [counts, rules])

  const streamed = validate(schemaOf('movies'), { select: ({ value }: { value: unknown }) => value })
  const source = createReadStream(vegaPath('movies.json'))
  await pipeline(source, parser.asStream(), streamArray.asStream(), streamed, async (items) => {
    for await (const _ of items);
  })
  t.strictSame([streamed.report?.counts, streamed.report && byRule(streamed.report)], [counts, rules])

  const lines = Buffer.from(movies.map((movie) => `${JSON.stringify(movie)}\n`).join(''))
  for (const size of [1_000, 1 << 20]) {
    const bytes = await runBytes(pieces(lines, size), schemaOf('movies'))
    t.equal(bytes.report.format, 'ndjson')
    t.strictSame([bytes.report.counts, byRule(bytes.report)], [counts, rules])
    t.equal(bytes.valid.toString(), valid.map((movie) => `${JSON.stringify(movie)}\n`).join(''), 'the same are valid')
  }
})
