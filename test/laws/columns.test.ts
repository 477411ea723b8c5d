import { Readable } from 'node:stream'
import fc from 'fast-check'
import { type RecordsOptions, recordBatches, type SchemaInput, type ValidateOptions, validate } from 'sluice'
import t from 'tap'
import { pieces } from '../transforms/run-validate.js'

// The law of records by columns: they are those that go as JSON, key by key in the same order, and fail with the same errors.

const numRuns = Number(process.env['LAW_RUNS'] ?? 5_000)

interface Case {
  bytes: Buffer
  schema: SchemaInput
  options: ValidateOptions
  records: RecordsOptions
  size: number
}

interface Outcome {
  records: unknown[]
  error?: unknown
}

async function outcomeOf({ bytes, schema, options, records, size }: Case, asJson: boolean): Promise<Outcome> {
  const own = { ...options, ...(asJson && { [Symbol.for('sluice.test.valuesAsJson')]: true }) }
  const transform = validate(schema, own)
  const outcome: Outcome = { records: [] }
  const source = Readable.from(pieces(bytes, size), { objectMode: true })
  source.once('error', (error) => transform.destroy(error))
  try {
    for await (const batch of recordBatches(records)(source.pipe(transform))) outcome.records.push(...batch)
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    outcome.error = { code, message }
  }
  return outcome
}

/** Values with their keys in order, zeros with their signs and prototypes. */
function shown(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0 of number' : value
  if (Array.isArray(value)) return value.map(shown)
  const prototype = Object.getPrototypeOf(value) === Object.prototype
  return { prototype, own: Reflect.ownKeys(value).map((key) => [key, Object.getOwnPropertyDescriptor(value, key), shown(own(value, key))]) }
}

const own = (value: object, key: string | symbol) => Object.getOwnPropertyDescriptor(value, key)?.value

const names = fc.uniqueArray(
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('id', 'n', 'text', 'a b', '0', '12', '__proto__', 'constructor', 'é', '"', "'\\", 'a/~b', '\u2028', '${x}', 'to') },
    { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 }).filter((name) => name === name.trim() && !/[\0\r\n]/.test(name)) },
  ),
  { minLength: 1, maxLength: 6 },
)

const numberText = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom('0', '-0', '00', '-007', '007', '0.0', '-0.0', '-00.50', '1e400', '-1e309', '1e3', '1E-7', '5e-324', '1e21', '2147483647', '2147483648', '-2147483648'),
  fc.constantFrom('9007199254740991', '9007199254740992', '-9007199254740993', '12345678901234567890', '9007199254740993.0', '0.1234567890123456789', '123456789012345.6'),
)
const text = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('', 'a', 'EUR', 'true', 'false', 'null', 'NA', 'x,y', '"', 'a"b', 'line\nline', '\r\n', ' ', 'ü', 'é😀', 'a text of more than thirteen letters', 'ein längerer Text, 😀') },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 20 }).filter((word) => !word.includes('\0')) },
  { weight: 1, arbitrary: fc.integer({ min: 200, max: 900 }).map((length) => 'long é '.repeat(length / 6)) },
)

const fieldSchema = fc.oneof(
  fc.constantFrom<object | boolean>(
    true,
    {},
    { type: 'string' },
    { type: 'integer' },
    { type: 'number' },
    { type: 'boolean' },
    { type: ['number', 'null'] },
    { type: ['string', 'null'] },
    { type: ['string', 'integer'] },
    { type: ['boolean', 'null', 'string', 'number'] },
    { enum: ['a', 'EUR', 1, true, null] },
    { type: 'string', 'x-missing': ['NA', ''] },
    { type: 'number', minimum: 0 },
  ),
)

const settings = fc.record({
  size: fc.integer({ min: 1, max: 200 }),
  records: fc.record({ bigint: fc.boolean() }),
  options: fc.record({ batchBytes: fc.constantFrom(64, 256, 4096, 65_536), threads: fc.constantFrom(1, 2) }),
})

function schemaOf(columns: readonly string[], fields: readonly unknown[], required: readonly boolean[]): SchemaInput {
  const entries = columns.map((name, at) => [name, fields[at]] as const)
  // Some names are not spoken of, which is true of the last one here.
  const properties = Object.fromEntries(entries.slice(0, Math.max(1, entries.length - 1)))
  const own = Object.keys(properties)
  return { type: 'object', properties, required: own.filter((_, at) => required[at]) } as SchemaInput
}

const shapeOfCase = names.chain((columns) => {
  const each = <T>(value: fc.Arbitrary<T>) => fc.array(value, { minLength: columns.length, maxLength: columns.length })
  return fc.record({ columns: fc.constant(columns), fields: each(fieldSchema), required: each(fc.boolean()), settings })
})

function same(t: Tap.Test, one: Outcome, other: Outcome, what: string): void {
  if (JSON.stringify(describe(one)) === JSON.stringify(describe(other))) return
  t.strictSame(describe(one), describe(other), what)
  throw new Error(what)
}
const describe = ({ records, error }: Outcome) => ({ records: records.map(shown).map(words), error })
const words = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? `${inner}n` : inner === undefined ? 'undefined' : inner)))
