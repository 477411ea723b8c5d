import { isDeepStrictEqual } from 'node:util'
import { SluiceError } from '../errors.js'
import type { JSONSchemaObject, StreamOrder } from './json-schema.js'

/** A key of `x-unique`: the name of a field, or the names of several. */
export type UniqueKey = string | readonly string[]

/** How many records a stream has. */
export interface RecordCountBounds {
  readonly minimum?: number
  readonly maximum?: number
}

/** The keys of a schema with one more, of the fields `names`. Throws `option/invalid`. */
export function withUnique(keys: readonly UniqueKey[], names: readonly string[], known: ReadonlySet<string>): UniqueKey[] {
  if (names.length === 0 || names.some((name) => typeof name !== 'string'))
    throw wrong("unique() takes the names of the fields of a key: unique('id'), unique('country', 'zip').")
  const unknown = names.find((name) => !known.has(name))
  if (unknown !== undefined) throw wrong(`unique() was given ${JSON.stringify(unknown)}, which is no field of the schema.`)
  if (new Set(names).size < names.length) throw wrong(`unique() was given one field twice: ${names.join(', ')}.`)
  if (keys.some((key) => isSameKey(key, names))) throw wrong(`The schema has the key ${names.join(', ')} already.`)
  const [only, ...more] = names as [string, ...string[]]
  return [...keys, more.length === 0 ? only : [...names]]
}

/** The keys of both schemas, each once. */
export function joinedKeys(first: JSONSchemaObject, second: JSONSchemaObject): Pick<JSONSchemaObject, 'x-unique'> {
  const [ours = [], theirs = []] = [first['x-unique'], second['x-unique']]
  const keys = [...ours, ...theirs.filter((key) => !ours.some((own) => isSameKey(own, [key].flat())))]
  return keys.length > 0 ? { 'x-unique': keys } : {}
}

/** Throws `option/invalid` where a field that goes is part of a key: without it, the key would be another rule, or none. */
export function refuseLostKeys(json: JSONSchemaObject, operation: string, keeps: (name: string) => boolean): void {
  for (const key of json['x-unique'] ?? []) {
    const lost = [key].flat().find((name) => !keeps(name))
    if (lost === undefined) continue
    const text = `${operation}() takes away the field ${JSON.stringify(lost)} of the key ${JSON.stringify(key)} (x-unique); keep it, or call ${operation}() before unique().`
    throw wrong(text)
  }
}

/** The orders of a schema with one more. Throws `option/invalid`. */
export function withOrder(json: JSONSchemaObject, order: StreamOrder, known: ReadonlySet<string>): JSONSchemaObject {
  const orders = json['x-order'] ?? []
  checkField('order', order.field, known)
  if (orders.some(({ field }) => field === order.field)) throw wrong(`The schema has an order of ${JSON.stringify(order.field)} already.`)
  return { ...json, 'x-order': [...orders, order] }
}

/** A schema that asks for so many records. Throws `option/invalid`. */
export function withRecordCount(json: JSONSchemaObject, bounds: RecordCountBounds): JSONSchemaObject {
  if (json['x-recordCount']) throw wrong('The schema has bounds of its number of records already; give recordCount() both at once.')
  return { ...json, 'x-recordCount': bounds }
}

/** A schema that bounds in how many records a field is missing. Throws `option/invalid`. */
export function withMissingRatio(json: JSONSchemaObject, field: string, maximum: number, known: ReadonlySet<string>): JSONSchemaObject {
  const ratios = json['x-missingRatio'] ?? {}
  checkField('missingRatio', field, known)
  if (Object.hasOwn(ratios, field)) throw wrong(`The schema has a missing ratio of ${JSON.stringify(field)} already.`)
  return { ...json, 'x-missingRatio': { ...ratios, [field]: { maximum } } }
}

function checkField(operation: string, name: string, known: ReadonlySet<string>): void {
  if (!known.has(name)) throw wrong(`${operation}() was given ${JSON.stringify(name)}, which is no field of the schema.`)
}

/** True for a list of keys, as far as a schema that was given as JSON is concerned. */
export function areKeys(value: unknown): value is readonly UniqueKey[] {
  const isNames = (key: unknown) => Array.isArray(key) && key.every((name) => typeof name === 'string')
  return Array.isArray(value) && value.every((key) => typeof key === 'string' || isNames(key))
}

function isSameKey(key: UniqueKey, names: readonly string[]): boolean {
  return isDeepStrictEqual(new Set([key].flat()), new Set(names))
}

function wrong(message: string): SluiceError {
  return new SluiceError('option/invalid', message)
}
