import { Readable } from 'node:stream'
import fc from 'fast-check'
import type { JSONSchemaObject } from 'sluice'
import t from 'tap'
import { parsed, pieces, runBytes, timeless } from '../transforms/run-validate.js'

const schema: JSONSchemaObject = {
  type: 'object',
  properties: { id: { type: ['integer', 'null'] }, name: { type: ['string', 'null'] } },
  'x-foreignKeys': [
    { fields: 'id', reference: { resource: 'ids', fields: 'number' } },
    { fields: ['name', 'id'], reference: { resource: 'ids', fields: ['text', 'number'] } },
    { fields: 'name', reference: { resource: 'names', fields: 'number' } },
  ],
}

const row = fc.record({
  id: fc.option(fc.integer({ min: 0, max: 9 }), { nil: null }),
  zeros: fc.integer({ min: 0, max: 2 }),
  name: fc.constantFrom(null, '1', '01', 'a', 'x\ny', '"q"'),
})
type Row = typeof row extends fc.Arbitrary<infer T> ? T : never

function asCsv(names: string, rows: readonly Row[]): Buffer {
  const cell = (text: string) => (/["\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  const line = ({ id, zeros, name }: Row) => `${id === null ? '' : '0'.repeat(zeros) + id},${cell(name ?? '')}\n`
  return Buffer.from(`${names}\n${rows.map(line).join('')}`)
}

function asLines([first, second]: readonly [string, string], rows: readonly Row[]): Buffer {
  const number = ({ id, zeros }: Row) => (id === null ? 'null' : zeros === 0 ? `${id}` : `${id}.${'0'.repeat(zeros)}`)
  return Buffer.from(rows.map((each) => `{"${first}":${number(each)},"${second}":${JSON.stringify(each.name)}}\n`).join(''))
}

/** By plain Sets: the records of unknown keys, by what they are keys of. */
function expected(rows: readonly Row[], ids: readonly Row[], names: readonly Row[]): string[] {
  const numbers = new Set(ids.map(({ id }) => id))
  const pairs = new Set(ids.map(({ id, name }) => JSON.stringify([name, id])))
  const texts = new Set(names.map(({ name }) => name))
  return rows.flatMap(({ id, name }, at) => [
    ...(id !== null && !numbers.has(id) ? [`${at + 1} ids: number`] : []),
    ...(id !== null && name !== null && !pairs.has(JSON.stringify([name, id])) ? [`${at + 1} name, id in ids: text, number`] : []),
    ...(name !== null && !texts.has(name) ? [`${at + 1} names: number`] : []),
  ])
}

t.test('unknown keys are those of plain Sets, whatever the chunks, batches, threads and memory', async () => {
  const sizes = fc.record({
    chunk: fc.integer({ min: 1, max: 200 }),
    batchBytes: fc.integer({ min: 1, max: 300 }),
    threads: fc.integer({ min: 1, max: 4 }),
  })
  const rows = fc.array(row, { minLength: 1, maxLength: 40 })
  const whole: Row = { id: 3, zeros: 1, name: 'a' }
  await fc.assert(
    fc.asyncProperty(
      rows,
      rows,
      rows,
      fc.boolean(),
      fc.boolean(),
      sizes,
      async (given, ids, names, isCsv, isCsvReference, { chunk, ...options }) => {
        // Each reference has some key of each kind.
        const [inIds, inNames] = [
          [...ids, whole],
          [...names, whole],
        ]
        const input = isCsv ? asCsv('id,name', given) : asLines(['id', 'name'], given)
        const files = isCsvReference
          ? [asCsv('number,text', inIds), asCsv('other,number', inNames)]
          : [asLines(['number', 'text'], inIds), asLines(['other', 'number'], inNames)]
        const resources = () => {
          const [one, two] = files.map((file) => Readable.from(pieces(file, chunk)))
          return { ids: one as Readable, names: two as Readable }
        }
        const format = isCsv ? 'csv' : 'ndjson'
        const outcome = await runBytes([...pieces(input, chunk)], schema, { ...options, format, resources: resources() })
        const once = await runBytes([input], schema, { format, resources: resources() })
        const told = parsed(outcome.violations).map(({ record, rule }) => `${record} ${rule}`)
        const wanted = expected(given, inIds, inNames)
        if (JSON.stringify(told) !== JSON.stringify(wanted)) throw new Error(`${JSON.stringify(told)} and not ${JSON.stringify(wanted)}`)
        if (!outcome.valid.equals(once.valid) || !outcome.invalid.equals(once.invalid) || !outcome.violations.equals(once.violations))
          throw new Error('the outcome is another')
        if (JSON.stringify(timeless(outcome.report)) !== JSON.stringify(timeless(once.report))) throw new Error('the report is another')
      },
    ),
    { numRuns: 60 },
  )
})

t.test('keys of a reference beyond the memory are the same keys', async (t) => {
  const ids = Buffer.from(`number,text\n${Array.from({ length: 60_000 }, (_, at) => `${(at * 48_271) % 60_013},a\n`).join('')}`)
  const known = new Set(Array.from({ length: 60_000 }, (_, at) => (at * 48_271) % 60_013))
  const numbers = Array.from({ length: 90_000 }, (_, at) => (at * 7_919) % 90_007)
  const input = Buffer.from(numbers.map((id) => `{"id":${id}}\n`).join(''))
  for (const uniqueBytesMax of [1, 1_000_000, 1 << 30]) {
    const resources = { ids: Readable.from([ids]), names: Readable.from(['number\na\n']) }
    const { counts } = await runBytes([input], schema, { uniqueBytesMax, resources, threads: 3 })
    t.equal(counts.valid, numbers.filter((id) => known.has(id)).length, `${uniqueBytesMax} bytes`)
  }
})
