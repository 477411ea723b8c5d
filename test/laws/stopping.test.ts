import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import fc from 'fast-check'
import { type AnySchema, field, type Severity, schema, split, type ValidateOptions, validate } from 'sluice'
import t from 'tap'
import { pieces, timeless } from '../transforms/run-validate.js'

const bare = schema({ id: field.integer().max(100), name: field.string() })
/** What Rust decides, and the same by rules in JavaScript. */
function both(severity: Severity): { inRust: AnySchema; inJavaScript: AnySchema } {
  return {
    inRust: bare.rule('third', 'id % 3 != 0').rule('seventh', 'id % 7 != 0', { severity }),
    inJavaScript: bare
      .check('third', ({ id }) => id % 3 !== 0 || 'is a third')
      .check('seventh', async ({ id }) => id % 7 !== 0 || 'is a seventh', { severity }),
  }
}

async function outcome(chunks: Iterable<unknown>, schema: AnySchema, options: ValidateOptions) {
  const made = { valid: '', invalid: '', violations: '', report: '' }
  const target = (name: keyof typeof made) =>
    new Writable({
      write(chunk, _encoding, next) {
        made[name] += chunk
        next()
      },
    })
  const targets = { valid: target('valid'), invalid: target('invalid'), violations: target('violations'), report: target('report') }
  const failure = await pipeline(Readable.from(chunks), validate(schema, options), split(targets)).then(
    () => undefined,
    (error) => ({ code: error.code, record: error.violation?.record, line: error.violation?.line, byte: error.violation?.byte }),
  )
  const { counts, bytes, complete, rules } = timeless(JSON.parse(made.report))
  const places = made.violations
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
    .map(({ record, line, byte, severity, rule, recordPointer }) => ({ record, line, byte, severity, rule, recordPointer }))
  const told = rules.map(({ field, rule, severity, count, samples }) => JSON.stringify([field, rule, severity, count, samples.length]))
  return { valid: made.valid, invalid: made.invalid, places, counts, bytes, complete, told: told.sort(), failure }
}

const id = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(1, 2, 4, 5, 8) }, fc.constantFrom(3, 6, 7, 14, 21, 101, 105))
const name = fc.oneof({ weight: 8, arbitrary: fc.constantFrom('a', 'bc', 'd"e', '') }, fc.constantFrom('x'.repeat(60), 'y'.repeat(200)))
const records = fc.array(fc.record({ id, name }), { minLength: 1, maxLength: 40 })
const how = fc.record({
  maxErrors: fc.constantFrom(undefined, 0, 1, 3, 8, '0%' as const, '20%' as const, '50%' as const),
  maxErrorsWarmUp: fc.constantFrom(1, 5, 20, 1_000),
  batchBytes: fc.integer({ min: 1, max: 300 }),
  threads: fc.integer({ min: 1, max: 4 }),
  recordBytesMax: fc.constantFrom(90, 1_000),
})
type Row = { id: number; name: string }
const forms = {
  csv: (rows: Row[]) => `id,name\n${rows.map(({ id, name }) => `${id},"${name.replaceAll('"', '""')}"\n`).join('')}`,
  ndjson: (rows: Row[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
  json: (rows: Row[]) => JSON.stringify(rows, null, 1),
}

t.test('rules in JavaScript stop a stream where the same rules in Rust do, whatever the chunks, batches and threads', async (t) => {
  let stops = 0
  const sides = fc.constantFrom(...(['csv', 'ndjson', 'json', 'objects'] as const))
  await fc.assert(
    fc.asyncProperty(
      records,
      how,
      sides,
      fc.constantFrom('warning', 'error', 'abort'),
      fc.integer({ min: 1, max: 90 }),
      async (rows, given, form, severity, size) => {
        const { maxErrors, ...rest } = given
        const options: ValidateOptions = {
          ...rest,
          ...(maxErrors !== undefined && { maxErrors }),
          ...(form !== 'objects' && { format: form }),
        }
        const { inRust, inJavaScript } = both(severity)
        const bytes = form === 'objects' ? undefined : Buffer.from(forms[form](rows))
        const whole = { ...options, batchBytes: 1 << 20, threads: 1 }
        const expected = await outcome(bytes ? [bytes] : rows, inRust, whole)
        t.strictSame(await outcome(bytes ? pieces(bytes, size) : rows, inJavaScript, options), expected)
        stops += expected.failure ? 1 : 0
      },
    ),
    { numRuns: 400 },
  )
  t.ok(stops > 100, `${stops} streams were stopped`)
})

t.test('what is stopped reaches a reader by for await, and records with their verdicts', async (t) => {
  const rows = Array.from({ length: 50 }, (_, at) => ({ id: at + 1, name: 'a' }))
  const check = validate(both('abort').inJavaScript, { format: 'ndjson', batchBytes: 100, emit: 'all' })
  const text: Buffer[] = []
  const failure = await pipeline(Readable.from([Buffer.from(forms.ndjson(rows))]), check, async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) text.push(chunk)
  }).catch((error) => error)
  t.match(failure, { code: 'limit/abort', violation: { code: 'check/refused', rule: 'seventh', record: 7, severity: 'abort' } })
  t.match(failure.message, /Stopped at record 7 \(line 7, byte \d+\), which does not meet the rule check\/refused "seventh"/)
  t.equal(Buffer.concat(text).toString(), forms.ndjson(rows.slice(0, 7)))
  const objects = validate(both('error').inJavaScript, { maxErrors: 1, emit: 'all' })
  const seen: unknown[] = []
  const stopped = await pipeline(Readable.from(rows), objects, async (judged) => {
    for await (const each of judged) seen.push(each)
  }).catch((error) => error)
  t.match(stopped, { code: 'limit/max-errors', report: { counts: { read: 6, invalid: 2 } } })
  t.equal(seen.length, 6)
})
