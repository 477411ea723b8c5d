import { readdirSync, readFileSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'
import fc from 'fast-check'
import t from 'tap'
import { runText } from '../transforms/run-validate.js'

const spectrum = new URL('../../../node_modules/csv-spectrum/', import.meta.url)
type Row = Record<string, string>

/** The cells as Sluice reads them: where nothing is allowed, each cell is a violation, which shows its text. */
async function cellsOf(text: string | Buffer, names: string[]): Promise<Row[]> {
  const nothing = Object.fromEntries(names.map((name) => [name, { enum: ['\u0001'] }]))
  const options = { format: 'csv', missing: [], valueBytesMax: 2 ** 20 } as const
  const { violations, counts } = await runText(text, { properties: nothing }, options)
  const rows = Array.from({ length: counts.read }, (): Row => ({}))
  for (const { field, record, value, code } of violations) (rows[record - 1] as Row)[field ?? code] = String(value)
  return rows
}

t.test('csv-spectrum', async (t) => {
  const files = readdirSync(new URL('csvs/', spectrum)).filter((name) => name.endsWith('.csv'))
  t.ok(files.length > 8)
  for (const file of files) {
    const text = readFileSync(new URL(`csvs/${file}`, spectrum))
    if (file === 'location_coordinates.csv') {
      // It has quotes within a field that is not quoted, which RFC 4180 does not allow (and its JSON tells of another file).
      t.match((await runText(text, true)).violations, [{ code: 'quote/stray', record: 1, column: 1, params: { offset: 23 } }])
      continue
    }
    const expected: Row[] = JSON.parse(readFileSync(new URL(`json/${file.replace('.csv', '.json')}`, spectrum), 'utf8'))
    t.strictSame(await cellsOf(text, Object.keys(expected[0] ?? {})), expected, file)
  }
})

t.test('what csv-stringify writes is read as csv-parse reads it', async (t) => {
  const names = ['a', 'b', 'c']
  const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', 'é', '𝄞', ';', '\ufeff', '\0'), maxLength: 8 })
  const rows = fc.array(fc.tuple(cell, cell, cell), { maxLength: 8 })
  const end = fc.constantFrom('\n', '\r\n')
  const law = fc.asyncProperty(rows, end, fc.boolean(), fc.boolean(), async (records, recordDelimiter, isQuoted, isHeaderQuoted) => {
    const head = stringify([names], { record_delimiter: recordDelimiter, quoted: isHeaderQuoted })
    const text = head + stringify(records, { record_delimiter: recordDelimiter, quoted: isQuoted, quoted_match: /[\r\n]/ })
    const expected: Row[] = parse(text, { columns: true, record_delimiter: ['\n', '\r\n', '\r'] })
    const found = await cellsOf(text, names)
    if (JSON.stringify(found) !== JSON.stringify(expected)) throw new Error(JSON.stringify({ text, found, expected }, null, 1))
  })
  await fc.assert(law, { numRuns: 500 })
  t.pass('the same cells')
})
