import { SluiceError } from '../errors.js'
import { type BatchRecords, release } from '../native.js'
import type { RecordCheck } from '../schema/checks.js'
import { recordsIn } from './column-records.js'

/** What becomes of an integer beyond ±(2^53 - 1), which a number of JavaScript cannot tell from its neighbours. */
export type LargeIntegers = 'refuse' | 'bigint'

/**
 * The valid records of a batch as objects, but for those in `skipped`, of which numbers are not looked at. `before`: valid records before it.
 *
 * Throws `record/value` for a number that cannot be given as it is, and for a record that is null.
 */
export function parseValues(records: BatchRecords, large: LargeIntegers, skipped: ReadonlySet<number>, before: number): unknown[] {
  const values = valuesIn(records)
  for (const { record, pointer, isInteger } of records.large) {
    if (skipped.has(record)) continue
    if (!isInteger || large === 'refuse') throw unsayable(before + record + 1, pointer, isInteger)
    values[record] = replaced(values[record], pointer, (text) => BigInt(text))
  }
  const nothing = values.findIndex((value, index) => value === null && !skipped.has(index))
  if (nothing < 0) return values
  const message = `Valid record ${before + nothing + 1} is null, which would end a stream of objects; ask for objects in the schema (type).`
  throw new SluiceError('record/value', message)
}

/**
 * The same for `checks`: with an integer beyond 2^53 as a bigint, or as the nearest double where they take doubles, and those records told that have
 * a number which JavaScript only knows as Infinity.
 */
export function parseAll(records: BatchRecords, checks: readonly RecordCheck[]): { values: unknown[]; unsayable: ReadonlySet<number> } {
  const values = valuesIn(records)
  const unsayable = new Set<number>()
  const change = checks.every(({ takesDoubles }) => takesDoubles) ? Number : BigInt
  for (const { record, pointer, isInteger } of records.large) {
    if (isInteger) values[record] = replaced(values[record], pointer, change)
    else unsayable.add(record)
  }
  return { values, unsayable }
}

/** Frees the bytes of values that were parsed for the last time, which else would be garbage at the rate of the input. */
export function releaseValues({ json, columns }: BatchRecords): void {
  const { text, ends, long, codes, doubles, integers } = columns ?? {}
  for (const bytes of [json, text, ends, long, codes, doubles, integers]) if (bytes && bytes.byteLength > 0) release(bytes)
}

function valuesIn({ json, columns }: BatchRecords): unknown[] {
  return columns ? recordsIn(columns) : (JSON.parse((json as Buffer).toString()) as unknown[])
}

function replaced(value: unknown, pointer: string, change: (text: string) => number | bigint): unknown {
  if (pointer === '') return change(value as string)
  const steps = pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  const last = steps.pop() as string
  let at = value as Record<string, unknown>
  for (const step of steps) at = own(at, step) as Record<string, unknown>
  // JSON.parse makes `__proto__` a property like any other; an assignment would not.
  Object.defineProperty(at, last, { value: change(own(at, last) as string), writable: true, enumerable: true, configurable: true })
  return value
}

function own(value: object, name: string): unknown {
  return Object.getOwnPropertyDescriptor(value, name)?.value
}

function unsayable(number: number, pointer: string, isInteger: boolean): SluiceError {
  const place = `Valid record ${number} has at ${JSON.stringify(pointer)}`
  const message = isInteger
    ? `${place} an integer beyond ±(2^53 - 1), which a number of JavaScript would change; take such as bigints (bigint: true), or make the field a string.`
    : `${place} a number that JavaScript only knows as Infinity; bound it in the schema (maximum), or make the field a string.`
  return new SluiceError('record/value', message)
}
