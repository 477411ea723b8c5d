import { deepStrictEqual } from 'node:assert'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import fc from 'fast-check'
import { fromJSONSchema, recordBatches, type SchemaInput, type ValidateOptions, validate } from 'sluice'
import t from 'tap'
import { pieces } from '../transforms/run-validate.js'

// Records that go by columns are those that go as JSON: the same keys in the same order, the same values, the same errors.
// COLUMN_CASES=100000 asks more often.

const numRuns = Number(process.env['COLUMN_CASES'] ?? 6_000) / 2

interface Course {
  size: number
  bigint: boolean
  hasCheck: boolean
  options: ValidateOptions
}

async function outcomeOf(bytes: Buffer, rules: SchemaInput, { size, bigint, hasCheck, options }: Course, asJson: boolean) {
  const own = { ...options, allowEmpty: true, ...(asJson && { [Symbol.for('sluice.test.valuesAsJson')]: true }) }
  const seen: unknown[] = []
  const checked = fromJSONSchema(rules as object).check('odd', (record) => {
    seen.push(record)
    return Object.keys(record).length !== 2 || 'it has two'
  })
  const gate = validate(hasCheck ? checked : rules, own)
  const records: unknown[] = []
  const take = async (batches: AsyncIterable<unknown[]>) => {
    for await (const batch of batches) records.push(...batch)
  }
  const work = pipeline(Readable.from(pieces(bytes, size), { objectMode: true }), gate, recordBatches({ bigint }), take)
  const error = await work.then(
    () => undefined,
    ({ code, message }) => ({ code, message }),
  )
  return { records, seen, error, counts: error ? undefined : gate.counts }
}

const keysOf = (value: unknown) => (typeof value === 'object' && value !== null ? Object.keys(value) : [])

async function assertSame(bytes: Buffer, rules: SchemaInput, course: Course): Promise<void> {
  const [byColumns, asJson] = [await outcomeOf(bytes, rules, course, false), await outcomeOf(bytes, rules, course, true)]
  // After a failure it depends on the threads how many batches came before it.
  if (byColumns.error) return deepStrictEqual(byColumns.error, asJson.error)
  deepStrictEqual(byColumns, asJson)
  deepStrictEqual(byColumns.records.map(keysOf), asJson.records.map(keysOf))
}

const oddNames = ['id', 'n', 'a b', '0', '12', '__proto__', 'constructor', 'é', '"', "'\\", 'a/~b', '\u2028', '${x}', 'to', 'records', '😀']
const name = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...oddNames) },
  {
    weight: 1,
    arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 }).filter((own) => own === own.trim() && !own.includes('\0')),
  },
)
const names = fc.uniqueArray(name, { minLength: 1, maxLength: 6 })
const edges = ['0', '-0', '0.0', '-0.0', '0e5', '1e3', '1E-7', '5e-324', '1e21', '2147483647', '2147483648', '-2147483648']
const large = [
  '9007199254740991',
  '9007199254740992',
  '-9007199254740993',
  '12345678901234567890',
  '9007199254740993.0',
  '90071992547409930e-1',
]
const numberText = fc.oneof(
  { weight: 120, arbitrary: fc.integer({ min: -99, max: 99 }).map(String) },
  { weight: 60, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)) },
  { weight: 40, arbitrary: fc.constantFrom(...edges, '0.1234567890123456789', '123456789012345.6') },
  // Each may fail the stream, so that there is nothing more to compare.
  { weight: 6, arbitrary: fc.constantFrom(...large) },
  { weight: 1, arbitrary: fc.constantFrom('1e400', '-1e309') },
)
const texts = [
  '',
  'a',
  'EUR',
  'true',
  'false',
  'null',
  'NA',
  'x,y',
  '"',
  'a"b',
  'a\nb',
  '\r\n',
  ' ',
  'ü',
  'é😀',
  '007',
  '-00.5',
  'a text of many letters',
  'ein Text, länger, 😀',
]
const text = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...texts) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 20 }).filter((own) => !own.includes('\0')) },
  // Too long for a word that comes again, and some for a block.
  {
    weight: 5,
    arbitrary: fc.tuple(fc.constantFrom('word ', 'wörd ', '😀 '), fc.integer({ min: 7, max: 60 })).map(([own, count]) => own.repeat(count)),
  },
)
const rules = fc.constantFrom<object | boolean>(
  true,
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
  { anyOf: [{ type: 'integer' }, { type: 'string', maxLength: 3 }] },
)

/** A schema that speaks of some of the names. */
function schemaOf(columns: readonly string[], fields: readonly unknown[], spoken: number, required: number): SchemaInput {
  const properties: Record<string, unknown> = JSON.parse(`{${columns.slice(0, spoken).map((own) => `${JSON.stringify(own)}:true`)}}`)
  for (const [at, own] of columns.slice(0, spoken).entries()) properties[own] = fields[at]
  return { type: 'object', properties, required: columns.slice(0, Math.min(required, spoken)) } as SchemaInput
}

const six = <T>(value: fc.Arbitrary<T>) => fc.array(value, { minLength: 6, maxLength: 6 })
const mostly = fc.constantFrom(true, true, true, true, true, false)
const shared = {
  columns: names,
  fields: six(rules),
  spoken: fc.integer({ min: 0, max: 6 }),
  required: fc.integer({ min: 0, max: 2 }),
  // Records that come again and again make code worth its while.
  times: fc.constantFrom(1, 20),
  size: fc.integer({ min: 1, max: 4096 }),
  bigint: mostly,
  hasCheck: fc.boolean(),
  batchBytes: fc.constantFrom(64, 512, 65_536),
  threads: fc.constantFrom(1, 2),
}

t.test('records of CSV', async (t) => {
  const cell = fc.tuple(fc.oneof(text, numberText, fc.constantFrom('true', 'false', '', 'NA')), fc.boolean())
  const written = ([own, isQuoted]: readonly [string, boolean]) =>
    isQuoted || /[",\r\n]/.test(own) ? `"${own.replaceAll('"', '""')}"` : own
  const law = fc.asyncProperty(
    fc.record({
      ...shared,
      rows: fc.array(six(cell), { maxLength: 8 }),
      end: fc.constantFrom('\n', '\r\n'),
      missing: fc.constantFrom([], [''], ['NA', '']),
    }),
    async ({ columns, fields, spoken, required, times, size, bigint, hasCheck, batchBytes, threads, rows, end, missing }) => {
      const lines = rows.map((row) => row.slice(0, columns.length).map(written).join(',') + end)
      const header = columns.map((own) => written([own, true])).join(',') + end
      const options: ValidateOptions = { format: 'csv', batchBytes, threads, missing, blankLines: 'skip' }
      const bytes = Buffer.from(header + lines.join('').repeat(times))
      await assertSame(bytes, schemaOf(columns, fields, spoken, required), { size, bigint, hasCheck, options })
    },
  )
  await fc.assert(law, { numRuns })
  t.pass('they are the same')
})

t.test('records of JSON', async (t) => {
  const escaped = (own: string) =>
    `"${[...own].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}${letter.length > 1 ? `\\u${letter.charCodeAt(1).toString(16)}` : ''}`).join('')}"`
  const string = fc.oneof({ weight: 4, arbitrary: text.map((own) => JSON.stringify(own)) }, text.map(escaped))
  const flat = fc.oneof(
    { weight: 4, arbitrary: string },
    { weight: 4, arbitrary: numberText },
    { weight: 2, arbitrary: fc.constantFrom('true', 'false', 'null') },
  )
  const value = fc.oneof({ weight: 300, arbitrary: flat }, fc.constantFrom('[1]', '{"a":9007199254740993}', '[]'))
  const member = fc.record({
    column: fc.integer({ min: 0, max: 7 }),
    value,
    isEscaped: fc.boolean(),
    space: fc.constantFrom('', '', ' ', '\t'),
  })
  const rest = fc.oneof({ weight: 60, arbitrary: fc.constant(undefined) }, fc.constantFrom('1', 'null', '"a"', '{', '[{}]'))
  const law = fc.asyncProperty(
    fc.record({
      ...shared,
      isUsual: fc.boolean(),
      isOnce: mostly,
      rows: fc.array(fc.tuple(fc.array(member, { maxLength: 7 }), rest), { maxLength: 8 }),
      format: fc.constantFrom<'ndjson' | 'json'>('ndjson', 'ndjson', 'json'),
      duplicateKeys: fc.constantFrom<'last' | 'violation'>('last', 'violation'),
    }),
    async ({
      columns,
      fields,
      spoken,
      required,
      times,
      size,
      bigint,
      hasCheck,
      batchBytes,
      threads,
      isUsual,
      isOnce,
      rows,
      format,
      duplicateKeys,
    }) => {
      const known = [...columns, 'other', 'more']
      const records = rows.map(([members, rest]) => {
        if (rest !== undefined && (format === 'ndjson' || rest !== '{')) return rest
        // Members as they come, or in the usual order, each once.
        const all = isUsual ? members.map((each, at) => ({ ...each, column: at })) : members
        const own = all.filter(
          ({ column }, at) => !isOnce || all.findIndex((each) => each.column % known.length === column % known.length) === at,
        )
        const parts = own.map(({ column, value, isEscaped, space }) => {
          const key = known[column % known.length] as string
          return `${space}${isEscaped ? escaped(key) : JSON.stringify(key)}${space}:${space}${value}${space}`
        })
        return `{${parts.join(',')}}`
      })
      const all = Array.from({ length: times }, () => records).flat()
      const bytes = Buffer.from(format === 'json' ? `[${all.join(' ,\n')}]` : all.map((line) => `${line}\n`).join(''))
      const options: ValidateOptions = { format, batchBytes, threads, duplicateKeys }
      await assertSame(bytes, schemaOf(columns, fields, spoken, required), { size, bigint, hasCheck, options })
    },
  )
  await fc.assert(law, { numRuns })
  t.pass('they are the same')
})
