import { SluiceError } from '../../errors.js'
import type { JSONSchemaObject, StreamOrder } from '../json-schema.js'

type Kwargs = Readonly<Record<string, unknown>>
type Refuse = (what: string) => never

/** What a suite asks of a table as a whole. */
export class WholeTable {
  readonly #keys: string[][] = []
  readonly #orders: StreamOrder[] = []
  readonly #missing: Record<string, { maximum: number }> = {}
  #recordCount: { minimum?: number; maximum?: number } | undefined
  /** Keys in which a row counts where some of its values are missing, though not all: their columns must have none. */
  readonly #full: { name: string; columns: string[] }[] = []

  addKey(columns: string[]): void {
    const isSame = (key: string[]) => key.length === columns.length && key.every((name) => columns.includes(name))
    if (!this.#keys.some(isSame)) this.#keys.push(columns)
  }

  addOrder(order: StreamOrder, refuse: Refuse): void {
    if (this.#orders.some(({ field }) => field === order.field)) refuse('another order of the same column beside it')
    this.#orders.push(order)
  }

  /** `count` records at least, or at most. */
  addCount(bound: { minimum?: number; maximum?: number }, refuse: Refuse): void {
    if (this.#recordCount) refuse('another expectation of the row count beside it')
    this.#recordCount = bound
  }

  addMissing(column: string, maximum: number, refuse: Refuse): void {
    if (Object.hasOwn(this.#missing, column)) refuse('another mostly of the same column beside it')
    this.#missing[column] = { maximum }
  }

  addFullKey(name: string, columns: string[]): void {
    this.addKey(columns)
    this.#full.push({ name, columns })
  }

  /** The keywords. Throws `schema/lossy` for a key whose columns, by `isNotNull`, may have nulls which it would have to compare. */
  keywords(isNotNull: (column: string) => boolean): JSONSchemaObject {
    for (const { name, columns } of this.#full) {
      const loose = columns.find((column) => !isNotNull(column))
      if (loose === undefined) continue
      const text = `${name} compares rows of which some values are null; give it ignore_row_if any_value_is_missing, or expect ${JSON.stringify(loose)} not to be null.`
      throw new SluiceError('schema/lossy', text)
    }
    const keys = this.#keys.map((columns) => (columns.length === 1 ? (columns[0] as string) : columns))
    return {
      ...(keys.length > 0 && { 'x-unique': keys }),
      ...(this.#orders.length > 0 && { 'x-order': this.#orders }),
      ...(this.#recordCount && { 'x-recordCount': this.#recordCount }),
      ...(Object.keys(this.#missing).length > 0 && { 'x-missingRatio': this.#missing }),
    }
  }
}

/** Expectations of a whole column or table: the keyword arguments that they know, and what they ask. */
export const wholeHandles: Readonly<
  Record<string, [kwargs: readonly string[], handle: (table: WholeTable, kwargs: Kwargs, refuse: Refuse) => void]>
> = {
  expect_column_values_to_be_unique: [['column'], (table, { column }) => table.addKey([column as string])],
  expect_compound_columns_to_be_unique: [['column_list', 'ignore_row_if'], compound],
  expect_column_values_to_be_increasing: [['column', 'strictly'], (table, kwargs, refuse) => ordered(table, 'ascending', kwargs, refuse)],
  expect_column_values_to_be_decreasing: [['column', 'strictly'], (table, kwargs, refuse) => ordered(table, 'descending', kwargs, refuse)],
  expect_table_row_count_to_equal: [['value'], (table, { value }, refuse) => table.addCount(bounds(value, value, refuse), refuse)],
  expect_table_row_count_to_be_between: [['min_value', 'max_value', 'strict_min', 'strict_max'], rowCount],
}

function compound(table: WholeTable, { column_list: columns, ignore_row_if: ignores }: Kwargs, refuse: Refuse): void {
  const names = columnsOf(columns)
  if (names.length === 0 || new Set(names).size < names.length) refuse('a column_list that is no list of different names')
  if (ignores === 'any_value_is_missing') table.addKey(names)
  else if (ignores === undefined || ignores === null || ignores === 'all_values_are_missing')
    table.addFullKey('expect_compound_columns_to_be_unique', names)
  else refuse(`ignore_row_if ${String(ignores)}`)
}

function ordered(table: WholeTable, direction: 'ascending' | 'descending', { column, strictly }: Kwargs, refuse: Refuse): void {
  table.addOrder({ field: column as string, direction, ...(strictly === true && { strict: true }) }, refuse)
}

function rowCount(table: WholeTable, { min_value, max_value, strict_min, strict_max }: Kwargs, refuse: Refuse): void {
  const { minimum, maximum } = bounds(min_value, max_value, refuse)
  if (strict_max && maximum === 0) refuse('a max_value that no count is below')
  table.addCount(
    {
      ...(minimum !== undefined && { minimum: strict_min ? minimum + 1 : minimum }),
      ...(maximum !== undefined && { maximum: strict_max ? maximum - 1 : maximum }),
    },
    refuse,
  )
}

function bounds(least: unknown, most: unknown, refuse: Refuse): { minimum?: number; maximum?: number } {
  const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0
  const given = Object.entries({ minimum: least, maximum: most }).filter(([, value]) => value !== undefined && value !== null)
  if (given.length === 0 || !given.every(([, value]) => isCount(value))) refuse('bounds that are no whole numbers from 0 on')
  return Object.fromEntries(given) as { minimum?: number; maximum?: number }
}

/** The part of the values that may be missing where `mostly` of them are not; undefined for what is no such part, or has too many digits. */
export function missingOf(mostly: unknown): number | undefined {
  const [, fraction] = /^0(?:\.(\d{1,14}))?$/.exec(String(mostly)) ?? []
  if (typeof mostly !== 'number') return undefined
  if (mostly === 0) return 1
  // By digits: 1 - 0.9 is not 0.1 in floating point.
  return fraction === undefined
    ? undefined
    : Number(`0.${String(10n ** BigInt(fraction.length) - BigInt(fraction)).padStart(fraction.length, '0')}`)
}

/** The columns that an expectation names. */
export function columnsOf(named: unknown): string[] {
  const names = [named].flat()
  return names.every((name) => typeof name === 'string') ? (names as string[]) : []
}
