import { Readable } from 'node:stream'
import fc from 'fast-check'
import { fromJSONSchema, type Refusal, type ValidateOptions, validate } from 'sluice'
import t from 'tap'
import { timeless } from '../transforms/run-validate.js'
import { someRecords, someSchema } from './glance-cases.js'

const inside = (path: string) => import(new URL(`../../../dist/${path}`, import.meta.url).href)
const { glanceOf } = await inside('schema/glance/glance.js')
const { compilePlan, schemaTextOf } = await inside('native.js')
const noGlance = { [Symbol.for('sluice.test.noGlance')]: true }
const schemas = Number(process.env['GLANCE_SCHEMAS'] ?? 100)
const seed = process.env['GLANCE_SEED']

interface Outcome {
  emitted: unknown[]
  refused: Refusal[]
  counts: unknown
  report: unknown
  error: string | undefined
}

async function run(records: readonly unknown[], schema: object, given: ValidateOptions): Promise<Outcome> {
  const gate = validate(schema, { ...given, allowEmpty: true })
  const refused: Refusal[] = []
  const emitted: unknown[] = []
  gate.on('refused', (refusal) => refused.push(refusal))
  gate.on('data', (record) => emitted.push(record))
  const error = await new Promise<Error | undefined>((resolve) => {
    gate.on('error', resolve).on('end', () => resolve(undefined))
    Readable.from(records).pipe(gate)
  })
  return { emitted, refused, counts: gate.counts, report: gate.report && timeless(gate.report), error: error?.message }
}

/** All that an outcome tells, with records by their place in the input. */
function told({ emitted, refused, ...rest }: Outcome, records: readonly unknown[], { emit }: ValidateOptions): string {
  const places = new Map(records.map((record, at) => [record, at]))
  const judged = (one: unknown) => (emit === 'all' ? (one as { record: unknown }).record : one)
  return JSON.stringify({
    ...rest,
    emitted: emitted.map((one) => [places.get(judged(one)), emit === 'all' && { ...(one as object), record: 0 }]),
    refused: refused.map((refusal) => ({ ...refusal, record: places.get(refusal.record) })),
  })
}

/** Schemas that no stream takes are nobody's case. */
const isCompiled = (schema: object) => {
  try {
    validate(schema)
    return true
  } catch {
    return false
  }
}

const ways: ValidateOptions[] = [
  {},
  {},
  { emit: 'all' },
  { batchBytes: 64, batchLinesMax: 2, threads: 1 },
  { maxErrors: 20 },
  { maxErrors: '60%', maxErrorsWarmUp: 50, flushMs: 0 },
  { formatAssertion: false },
  { select: (record: unknown) => record, violationsPerRecordMax: 1 },
]
const cases = fc.boolean().chain((cells) =>
  fc.record({
    cells: fc.constant(cells),
    schema: someSchema.filter(isCompiled),
    records: someRecords(cells),
    missing: fc.constantFrom([''], [], ['NA', ''], ['1']),
    way: fc.constantFrom(...ways),
    isChecked: fc.nat(4).map((dice) => dice === 0),
  }),
)

t.test('no glance passes what Rust refuses, and a stream with glances gives what one without gives', { timeout: 120_000 }, async (t) => {
  const seen = { records: 0, valid: 0, passed: 0 }
  const law = fc.asyncProperty(cases, async ({ cells, schema, records, missing, way, isChecked }) => {
    const reading = { cells, missing, formatAssertion: way.formatAssertion ?? true }
    const options = { ...way, cells, missing }
    const isFine = ({ b }: Record<string, unknown>) => b !== 'abc' || 'is abc'
    const asked = isChecked ? fromJSONSchema(schema).check('no-abc', isFine) : schema
    const rust = await run(records, asked, { ...options, ...noGlance })
    const both = await run(records, asked, options)
    const [expected, found] = [told(rust, records, way), told(both, records, way)]
    if (expected !== found) throw new Error(`With glances\n${found}\ninstead of\n${expected}`)
    const plan = compilePlan(schema, { formatAssertion: reading.formatAssertion, ignoreUnknown: false, bytesMax: 1e6, mask: [] })
    const glance = glanceOf(plan, schemaTextOf(plan), { ...reading, recordBytesMax: 8 << 20 })
    const passed = records.filter((record) => glance?.(record))
    const alone = await run(passed, schema, { ...reading, ...noGlance })
    if (alone.refused.length > 0) throw new Error(`Passed at a glance: ${JSON.stringify(alone.refused)}`)
    seen.records += records.length
    seen.passed += passed.length
    seen.valid += (await run(records, schema, { ...reading, ...noGlance })).emitted.length
  })
  await fc.assert(law, { numRuns: schemas, endOnFailure: true, ...(seed && { seed: Number(seed) }) })
  t.comment(JSON.stringify(seen))
  t.ok(seen.records > schemas * 200, 'there were many records')
  t.ok(seen.passed > seen.valid / 2, 'of those that are valid, many pass at a glance')
  t.ok(seen.valid < seen.records * 0.8, 'and many are not valid')
})
