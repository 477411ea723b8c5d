import { Readable } from 'node:stream'
import fc from 'fast-check'
import { checkRecord, encodeRecord, type Refusal, validate } from 'sluice'
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

t.test('the JSON text of a record means what JSON.stringify means', (t) => {
  const law = fc.property(
    fc.jsonValue(),
    (value) => JSON.stringify(JSON.parse(encodeRecord(value))) === JSON.stringify(JSON.parse(JSON.stringify(value))),
  )
  fc.assert(law)
  t.pass('for all that it has a word for')
  t.end()
})
