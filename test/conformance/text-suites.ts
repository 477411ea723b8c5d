import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import { type ValidateOptions } from 'sluice'
import { parsed, pieces, runBytes } from '../transforms/run-validate.js'

const spectrum = new URL('../../../node_modules/csv-spectrum/', import.meta.url)
const testData = new URL('../../../../shared/suites/csv/', import.meta.url)
const jsonTexts = new URL('../../../../shared/suites/json-parsing/test_parsing/', import.meta.url)
export const hasTestData = existsSync(testData)
export const hasJsonTexts = existsSync(jsonTexts)

export type Row = Record<string, string>

export interface CsvCase {
  suite: 'csv-spectrum' | 'csv-test-data'
  name: string
  bytes: Buffer
  columns: string[]
  hasHeader: boolean
  expected: Row[]
}

export interface Score {
  passed: number
  cases: number
}

/** Sizes of chunks in which a suite is read; infinity is the whole file at once. */
export const sizes = [Number.POSITIVE_INFINITY, 1, 2, 3, 7, 64]

/**
 * The cells as Sluice reads them, through its public API: where no cell is missing and every column is to be null, each cell is a violation
 * that shows its text.
 */
export async function rowsOf(bytes: Buffer, size: number, names: readonly string[], hasHeader: boolean): Promise<Row[]> {
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

/** The files of a suite that are sound, with the rows that they hold. */
export function csvCases(): CsvCase[] {
  return [...spectrumCases(), ...(hasTestData ? testDataCases() : [])]
}

function spectrumCases(): CsvCase[] {
  // Broken upstream: quotes within a field that is not quoted, and rows of another file.
  const names = namesIn(new URL('csvs/', spectrum)).filter((name) => name !== 'location_coordinates')
  return names.map((name) => {
    const expected: Row[] = JSON.parse(readFileSync(new URL(`json/${name}.json`, spectrum), 'utf8'))
    const bytes = readFileSync(new URL(`csvs/${name}.csv`, spectrum))
    return { suite: 'csv-spectrum', name, bytes, columns: Object.keys(expected[0] ?? {}), hasHeader: true, expected }
  })
}

function testDataCases(): CsvCase[] {
  const good = namesIn(new URL('csv/', testData)).filter((name) => !name.startsWith('bad-'))
  return good.map((name) => {
    const rows: (Row | string[])[] = JSON.parse(readFileSync(new URL(`json/${name}.json`, testData), 'utf8'))
    const hasHeader = name.startsWith('header-')
    const first = rows[0] ?? { foo: '', bar: '', baz: '' }
    const columns = Array.isArray(first) ? first.map((_, at) => `c${at}`) : Object.keys(first)
    const expected = rows.map((row) => (Array.isArray(row) ? Object.fromEntries(row.map((cell, at) => [`c${at}`, cell])) : row))
    return { suite: 'csv-test-data', name, bytes: readFileSync(new URL(`csv/${name}.csv`, testData)), columns, hasHeader, expected }
  })
}

/** A file of csv-test-data that is broken. */
export function badCsv(name: string): Buffer {
  return readFileSync(new URL(`csv/bad-${name}.csv`, testData))
}

function namesIn(folder: URL): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.csv'))
    .map((name) => name.replace('.csv', ''))
}

/** The files of JSONTestSuite: y_ must be read, n_ must not, i_ either. */
export function jsonCases(): { name: string; bytes: Buffer }[] {
  return readdirSync(jsonTexts).map((name) => ({ name, bytes: readFileSync(new URL(encodeURIComponent(name), jsonTexts)) }))
}

/** Whether a text is one JSON value to Sluice, through its public API. */
export async function isJson(bytes: Buffer, options: ValidateOptions, size = Number.POSITIVE_INFINITY): Promise<boolean> {
  const chunks = size === Number.POSITIVE_INFINITY ? [bytes] : pieces(bytes, size)
  try {
    // A name twice is sound JSON; that it is refused by default is another matter.
    const { counts } = await runBytes(chunks, true, { duplicateKeys: 'last', ...options })
    return counts.read === 1 && counts.valid === 1
  } catch (error) {
    if ((error as { code?: string }).code?.startsWith('input/')) return false
    throw error
  }
}

/** The scores of JSONTestSuite, and of JSON.parse on the same bytes. */
export async function scoreJson(): Promise<[string, Score & { peer: Score }][]> {
  const scores: [string, Score & { peer: Score }][] = []
  for (const [kind, wanted] of [
    ['y', true],
    ['n', false],
  ] as const) {
    const cases = jsonCases().filter(({ name }) => name.startsWith(`${kind}_`))
    let [passed, peer] = [0, 0]
    for (const { bytes } of cases) {
      passed += Number((await isJson(bytes, { recordPath: '$' })) === wanted)
      peer += Number(parses(bytes) === wanted)
    }
    scores.push([`JSON parsing, ${kind}_`, { passed, cases: cases.length, peer: { passed: peer, cases: cases.length } }])
  }
  return scores
}

function parses(bytes: Buffer): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
    return true
  } catch {
    return false
  }
}

/** The scores of the suites of CSV, at every size of chunk, and of csv-parse on the whole files. */
export async function scoreCsv(): Promise<[string, Score & { peer: Score }][]> {
  const scores = new Map<string, Score & { peer: Score }>()
  for (const { suite, bytes, columns, hasHeader, expected } of csvCases()) {
    const score = scores.get(suite) ?? { passed: 0, cases: 0, peer: { passed: 0, cases: 0 } }
    scores.set(suite, score)
    let isSame = true
    for (const size of sizes) isSame &&= same(await rowsOf(bytes, size, columns, hasHeader), expected)
    score.passed += Number(isSame)
    score.peer.passed += Number(same(csvParse(bytes, hasHeader ? true : columns), expected))
    score.cases += 1
    score.peer.cases += 1
  }
  return [...scores]
}

function csvParse(bytes: Buffer, columns: true | string[]): unknown {
  try {
    return parse(bytes, { columns, bom: true })
  } catch {
    return undefined
  }
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
