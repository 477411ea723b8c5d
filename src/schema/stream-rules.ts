import { isDeepStrictEqual } from 'node:util'
import { SluiceError } from '../errors.js'
import type { JSONSchemaObject } from './json-schema.js'

/** A key of `x-unique`: the name of a field, or the names of several. */
export type UniqueKey = string | readonly string[]

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
