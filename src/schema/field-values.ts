import { SluiceError } from '../errors.js'
import type { TypeName } from './json-schema.js'

/** What `enum` and `literal` may list. */
export type Scalar = string | number | boolean | null

function typeOf(value: unknown): TypeName | undefined {
  if (value === null) return 'null'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : Number.isFinite(value) ? 'number' : undefined
  return typeof value === 'string' || typeof value === 'boolean' ? (typeof value as TypeName) : undefined
}

/** The types of listed values. They are spelt out because a CSV cell is read by its type: without them `1` and `"1"` are one text. */
export function typesOf(values: readonly Scalar[]): TypeName | TypeName[] {
  const types = new Set(values.map((value) => typeOf(value) as TypeName))
  if (types.has('number')) types.delete('integer')
  const [only, ...others] = types
  return others.length === 0 ? (only as TypeName) : [...types]
}

/** A copy of a list of values, each of an allowed type and there once. */
export function listed<V extends Scalar>(
  values: readonly V[],
  allowed: readonly TypeName[] = ['null', 'integer', 'number', 'string', 'boolean'],
): V[] {
  if (!Array.isArray(values) || values.length === 0) throw new SluiceError('option/invalid', 'enum() takes a list of at least one value.')
  for (const value of values as unknown[]) {
    const type = typeOf(value)
    if (type === undefined || !allowed.includes(type)) {
      throw new SluiceError('option/invalid', `${shown(value)} cannot be listed here; the values must be of type ${allowed.join(', ')}.`)
    }
  }
  if (new Set(values).size < values.length) throw new SluiceError('option/invalid', 'A list of values has one of them twice.')
  return [...values]
}

/** A count of characters or items, as given to the method. */
export function count(method: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw new SluiceError('option/invalid', `${method}() takes a whole number of 0 or more, not ${shown(value)}.`)
}

/** A bound as a number that JSON can write, as given to the method. */
export function finite(method: string, value: number | bigint): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (typeof value !== 'bigint') throw new SluiceError('option/invalid', `${method}() takes a finite number, not ${shown(value)}.`)
  const number = Number(value)
  if (Number.isSafeInteger(number)) return number
  throw new SluiceError(
    'option/invalid',
    `${method}() takes a bigint only within ±(2^53 - 1): ${value} is not exact as a JSON number in JavaScript.`,
  )
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : typeof value === 'object' && value !== null ? 'an object' : String(value)
}
