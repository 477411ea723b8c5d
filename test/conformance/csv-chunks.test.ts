import { existsSync, readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { parsed, pieces, runBytes } from '../transforms/run-validate.js'

const spectrum = new URL('../../../node_modules/csv-spectrum/', import.meta.url)
const testData = new URL('../../../../shared/suites/csv/', import.meta.url)
// A build machine does not let a suite be missing.
const skip = !existsSync(testData) && process.env.CI !== 'true' && 'the suite is not here'
const sizes = [Number.POSITIVE_INFINITY, 1, 2, 3, 7, 64]
type Row = Record<string, string>

/**
 * The cells as Sluice reads them, through its public API: where no cell is missing and every column is to be null, each cell is a violation
 * that shows its text.
 */
async function rowsOf(bytes: Buffer, size: number, names: readonly string[], hasHeader: boolean): Promise<Row[]> {
  const properties = Object.fromEntries(names.map((name) => [name, { type: 'null' as const }]))
  const options = { format: 'csv', missing: [], valueBytesMax: 2 ** 20, ...(hasHeader ? {} : { header: names }) } as const
  const chunks = size === Number.POSITIVE_INFINITY ? [bytes] : pieces(bytes, size)
  const { violations, counts } = await runBytes(chunks, { properties, required: [...names] }, options)
  const rows = Array.from({ length: counts.read }, (): Row => ({}))
  for (const { field, record, value, code } of parsed(violations)) {
    const name = code === 'type' ? String(field) : code
    Object.assign(rows[record - 1] as Row, { [name]: String(value) })
  }
  return rows
}

function namesIn(folder: URL): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.csv'))
    .map((name) => name.replace('.csv', ''))
}

t.test('csv-spectrum, in chunks of any size', async (t) => {
  // Broken upstream: quotes within a field that is not quoted, and rows of another file.
  const names = namesIn(new URL('csvs/', spectrum)).filter((name) => name !== 'location_coordinates')
  t.equal(names.length, 11)
  for (const name of names) {
    const expected: Row[] = JSON.parse(readFileSync(new URL(`json/${name}.json`, spectrum), 'utf8'))
    const bytes = readFileSync(new URL(`csvs/${name}.csv`, spectrum))
    for (const size of sizes) t.strictSame(await rowsOf(bytes, size, Object.keys(expected[0] ?? {}), true), expected, `${name} in ${size}`)
  }
})

t.test('csv-test-data, in chunks of any size', { skip }, async (t) => {
  const good = namesIn(new URL('csv/', testData)).filter((name) => !name.startsWith('bad-'))
  t.equal(good.length, 18)
  for (const name of good) {
    const rows: (Row | string[])[] = JSON.parse(readFileSync(new URL(`json/${name}.json`, testData), 'utf8'))
    const hasHeader = name.startsWith('header-')
    const first = rows[0] ?? { foo: '', bar: '', baz: '' }
    const columns = Array.isArray(first) ? first.map((_, at) => `c${at}`) : Object.keys(first)
    const expected = rows.map((row) => (Array.isArray(row) ? Object.fromEntries(row.map((cell, at) => [`c${at}`, cell])) : row))
    const bytes = readFileSync(new URL(`csv/${name}.csv`, testData))
    for (const size of sizes) t.strictSame(await rowsOf(bytes, size, columns, hasHeader), expected, `${name} in ${size}`)
  }
})

t.test('what is bad in csv-test-data is named, in chunks of any size', { skip }, async (t) => {
  const codes = {
    'header-less-fields': 'fields/short',
    'header-more-fields': 'fields/long',
    'header-no-header': 'input/empty',
    'header-wrong-header': 'header/missing',
    'missing-quote': 'quote/unclosed',
    'quotes-with-unescaped-quote': 'quote/stray',
    'unescaped-quote': 'quote/stray',
  }
  for (const [name, wanted] of Object.entries(codes)) {
    const bytes = readFileSync(new URL(`csv/bad-${name}.csv`, testData))
    for (const size of sizes) {
      const rows = await rowsOf(bytes, size, ['foo', 'bar', 'baz'], true).catch(({ code }: { code: string }) => [{ [code]: '' }])
      t.strictSame(Object.keys(rows[0] ?? {}), [wanted], `${name} in ${size}`)
    }
  }
})
