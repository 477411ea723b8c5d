import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parse } from 'csv-parse'
import { stringify } from 'csv-stringify/sync'
import fc from 'fast-check'
import { checkRecord, encodeRecord, type Refusal, type Violation, validate } from 'sluice'
import t from 'tap'
import { parsed, runBytes } from '../transforms/run-validate.js'

const rules = {
  type: 'object',
  properties: {
    a: { type: 'integer', minimum: 0, maximum: 42 },
    b: { type: 'string', minLength: 2, pattern: '^[a-zA-Z1]' },
    c: { type: ['number', 'null'], multipleOf: 0.5 },
    d: { enum: ['x', 1, null] },
  },
  required: ['a'],
} as const
const scalar = fc.oneof(
  fc.integer({ min: -5, max: 50 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.bigInt(),
  fc.string({ unit: 'grapheme', maxLength: 4 }),
  fc.constantFrom('x', 'ab', null, true, 0.5, -0),
)
const record = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', '__proto__', 'e/f'), fc.oneof(scalar, fc.jsonValue({ maxDepth: 2 }))),
  },
  fc.integer(),
)

t.test('objects get the verdicts that their lines of JSON get, and that each gets alone', async (t) => {
  const law = fc.asyncProperty(
    fc.array(record, { minLength: 1, maxLength: 20 }),
    fc.integer({ min: 1, max: 200 }),
    async (records, batchBytes) => {
      const gate = validate(rules, { batchBytes })
      const refused: Refusal[] = []
      gate.on('refused', (refusal) => refused.push(refusal))
      const valid = await Readable.from(records).pipe(gate).toArray()
      const lines = records.map((each) => `${encodeRecord(each)}\n`)
      const bytes = await runBytes([Buffer.from(lines.join(''))], rules, { format: 'ndjson' })
      const found = refused.flatMap(({ violations }) => violations)
      const expected = parsed(bytes.violations).map((each) => ({ ...each, line: null, byte: null }))
      const alone = records.flatMap((each, at) => checkRecord(rules, each).map((violation) => ({ ...violation, record: at + 1 })))
      if (JSON.stringify(found) !== JSON.stringify(expected)) throw new Error(JSON.stringify({ found, expected }, null, 1))
      if (JSON.stringify(found) !== JSON.stringify(alone)) throw new Error(JSON.stringify({ found, alone }, null, 1))
      if (bytes.valid.toString() !== valid.map((each) => `${encodeRecord(each)}\n`).join('')) throw new Error('other records are valid')
      if (JSON.stringify(bytes.counts) !== JSON.stringify(gate.counts)) throw new Error('the counts differ')
    },
  )
  await fc.assert(law, { numRuns: 200 })
  t.pass('they are the same')
})

const cellRules = {
  type: 'object',
  properties: {
    a: { type: 'integer', minimum: 0, maximum: 42 },
    b: { type: 'string', minLength: 2, 'x-missing': ['-'] },
    c: { type: ['number', 'null'], multipleOf: 0.5 },
    d: { enum: ['x', 1, null, true] },
    e: { type: ['boolean', 'integer', 'string'], maximum: 7, maxLength: 3 },
    f: { minimum: 3, pattern: '1' },
    g: { const: 1 },
    h: { format: 'date' },
  },
  required: ['a', 'd', 'h'],
}

t.test('objects of a CSV parser get the verdicts that the CSV gets', async (t) => {
  const names = Object.keys(cellRules.properties)
  const cell = fc.oneof(
    fc.constantFrom(
      '',
      '1',
      '01',
      '-0',
      '42',
      '43',
      '1.0',
      '1e0',
      '2.5',
      '0.3',
      'x',
      'null',
      'true',
      'TRUE',
      'NA',
      '-',
      ' 1',
      '2024-02-29',
      'ab',
      '1e400',
    ),
    fc.string({ unit: 'grapheme', maxLength: 4 }),
  )
  const rows = fc.array(fc.tuple(...names.map(() => cell)), { minLength: 1, maxLength: 8 })
  const law = fc.asyncProperty(rows, fc.constantFrom([], [''], ['NA', '']), async (records, missing) => {
    const text = stringify([names, ...records], { quoted_match: /[\r\n]/ })
    const bytes = await runBytes([Buffer.from(text)], cellRules, { format: 'csv', missing })
    const gate = validate(cellRules, { missing })
    const found: unknown[] = []
    gate.on('refused', ({ violations }: Refusal) => found.push(...violations.map(essence)))
    await pipeline(
      Readable.from([text]),
      parse({ columns: true, record_delimiter: ['\n', '\r\n', '\r'] }),
      gate,
      new Writable({ objectMode: true, write: (_c, _e, next) => next() }),
    )
    const expected = parsed(bytes.violations).map(essence)
    if (JSON.stringify(sorted(found)) !== JSON.stringify(sorted(expected)))
      throw new Error(JSON.stringify({ text, found, expected }, null, 1))
  })
  await fc.assert(law, { numRuns: 300 })
  t.pass('they are the same')
})

/** What a violation says apart from where in a file it stands. */
function essence({ code, keyword, field, record, params, message }: Violation): string {
  return JSON.stringify({ record, field, code, keyword, params, message })
}

function sorted(texts: unknown[]): unknown[] {
  return [...texts].sort()
}

t.test('the JSON text of a record means what JSON.stringify means', (t) => {
  const law = fc.property(
    fc.jsonValue(),
    (value) => JSON.stringify(JSON.parse(encodeRecord(value))) === JSON.stringify(JSON.parse(JSON.stringify(value))),
  )
  fc.assert(law)
  t.pass('for all that it has a word for')
  t.end()
})
