import fc from 'fast-check'
import t from 'tap'
import { parsed, pieces, runBytes, timeless } from '../transforms/run-validate.js'

const schema = {
  type: 'object',
  properties: { id: { type: ['integer', 'null'] }, name: { type: 'string', maxLength: 3 } },
  'x-unique': ['id', ['name', 'id']],
} as const

/** A row, as CSV and as JSON write it, and what its keys are; `null` for none. */
const row = fc.record({
  id: fc.option(fc.integer({ min: 0, max: 12 }), { nil: null }),
  zeros: fc.integer({ min: 0, max: 2 }),
  name: fc.constantFrom('a', 'b', 'long name', 'x\ny', '"q"'),
})
type Row = typeof row extends fc.Arbitrary<infer T> ? T : never

function asCsv(rows: readonly Row[]): Buffer {
  const cell = (text: string) => (/["\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  return Buffer.from(
    `id,name\n${rows.map(({ id, zeros, name }) => `${id === null ? '' : '0'.repeat(zeros) + id},${cell(name)}\n`).join('')}`,
  )
}

function asLines(rows: readonly Row[]): Buffer {
  const number = ({ id, zeros }: Row) => (id === null ? 'null' : zeros === 0 ? `${id}` : `${id}.${'0'.repeat(zeros)}`)
  return Buffer.from(rows.map((each) => `{"id":${number(each)},"name":${JSON.stringify(each.name)}}\n`).join(''))
}

/** By a plain Map: record and first record of each duplicate. */
function expected(rows: readonly Row[]): [number, number][] {
  const found: [number, number][] = []
  const maps = [new Map<string, number>(), new Map<string, number>()]
  rows.forEach(({ id, name }, at) => {
    if (id === null) return
    for (const [which, key] of [String(id), JSON.stringify([name, id])].entries()) {
      const first = maps[which]?.get(key)
      if (first === undefined) maps[which]?.set(key, at + 1)
      else found.push([at + 1, first])
    }
  })
  return found
}

t.test('duplicates are those of a plain Map, whatever the chunks, batches, threads and memory', async () => {
  const sizes = fc.record({
    chunk: fc.integer({ min: 1, max: 200 }),
    batchBytes: fc.integer({ min: 1, max: 300 }),
    threads: fc.integer({ min: 1, max: 4 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 60 }), fc.boolean(), sizes, async (rows, isCsv, { chunk, ...options }) => {
      const input = isCsv ? asCsv(rows) : asLines(rows)
      const outcome = await runBytes([...pieces(input, chunk)], schema, { ...options, format: isCsv ? 'csv' : 'ndjson' })
      const whole = await runBytes([input], schema, { format: isCsv ? 'csv' : 'ndjson' })
      const duplicates = parsed(outcome.violations).filter(({ code }) => code === 'unique/duplicate')
      const told = duplicates.map(({ record, params }) => [record, (params.first as { record: number }).record])
      if (JSON.stringify(told) !== JSON.stringify(expected(rows)))
        throw new Error(`${JSON.stringify(told)} and not ${JSON.stringify(expected(rows))}`)
      if (!outcome.valid.equals(whole.valid) || !outcome.invalid.equals(whole.invalid) || !outcome.violations.equals(whole.violations))
        throw new Error('the outcome is another')
      if (JSON.stringify(timeless(outcome.report)) !== JSON.stringify(timeless(whole.report))) throw new Error('the report is another')
    }),
    { numRuns: 60 },
  )
})

t.test('keys beyond the memory are the same keys', async (t) => {
  const count = 120_000
  // Every number comes twice, in an order that has no pattern.
  const numbers = Array.from({ length: count }, (_, at) => (at * 48_271) % 60_013)
  const lines = Buffer.from(numbers.map((id) => `{"id":${id},"name":"a"}\n`).join(''))
  const first = new Map<number, number>()
  const told = numbers.flatMap((id, at) => {
    const before = first.get(id)
    if (before === undefined) first.set(id, at + 1)
    return before === undefined ? [] : [`${at + 1} ${before}`]
  })
  for (const uniqueBytesMax of [1, 1_000_000]) {
    const { violations } = await runBytes([...pieces(lines, 1 << 16)], { ...schema, 'x-unique': ['id'] }, { uniqueBytesMax, threads: 2 })
    const found = parsed(violations).map(({ record, params }) => `${record} ${(params.first as { record: number }).record}`)
    t.equal(found.length, told.length)
    t.ok(
      found.every((each, at) => each === told[at]),
      `${uniqueBytesMax} bytes`,
    )
  }
})
