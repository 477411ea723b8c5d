import { isDeepStrictEqual } from 'node:util'
import { SluiceError } from '../errors.js'
import { isPlainObject } from './json-data.js'
import type { ForeignKey, JSONSchemaObject } from './json-schema.js'

/** What a field, or several, refer to. */
export interface ForeignKeyParts {
  readonly fields: readonly string[]
  readonly resource: string
  readonly referenced: readonly string[]
}

/** The foreign keys of a schema with one more. Throws `option/invalid`. */
export function withForeignKey(keys: readonly ForeignKey[], parts: ForeignKeyParts, known: ReadonlySet<string>): ForeignKey[] {
  const { fields, resource, referenced } = parts
  const isName = (name: unknown) => typeof name === 'string' && name !== ''
  if (fields.length === 0 || fields.length !== referenced.length || ![...fields, ...referenced, resource].every(isName))
    throw wrong("references() takes fields, a resource, and as many fields of that: references('carrier', 'airlines', 'code').")
  const unknown = fields.find((name) => !known.has(name))
  if (unknown !== undefined) throw wrong(`references() was given ${JSON.stringify(unknown)}, which is no field of the schema.`)
  const twice = [fields, referenced].find((names) => new Set(names).size < names.length)
  if (twice) throw wrong(`references() was given one field twice: ${twice.join(', ')}.`)
  const key: ForeignKey = { fields: oneOrMore(fields), reference: { resource, fields: oneOrMore(referenced) } }
  if (keys.some((other) => isDeepStrictEqual(other, key)))
    throw wrong(`The schema has the foreign key ${fields.join(', ')} to ${resource} already.`)
  return [...keys, key]
}

/** The foreign keys of both schemas, each once. */
export function joinedForeignKeys(first: JSONSchemaObject, second: JSONSchemaObject): Pick<JSONSchemaObject, 'x-foreignKeys'> {
  const [ours = [], theirs = []] = [first['x-foreignKeys'], second['x-foreignKeys']]
  const keys = [...ours, ...theirs.filter((key) => !ours.some((own) => isDeepStrictEqual(own, key)))]
  return keys.length > 0 ? { 'x-foreignKeys': keys } : {}
}

/** Throws `option/invalid` where a field that goes is part of a foreign key. */
export function refuseLostForeignKeys(json: JSONSchemaObject, operation: string, keeps: (name: string) => boolean): void {
  for (const { fields } of json['x-foreignKeys'] ?? []) {
    const lost = [fields].flat().find((name) => !keeps(name))
    if (lost === undefined) continue
    const text = `${operation}() takes away the field ${JSON.stringify(lost)} of the foreign key ${JSON.stringify(fields)} (x-foreignKeys); keep it, or call ${operation}() before references().`
    throw wrong(text)
  }
}

/** True for a list of foreign keys, as far as a schema that was given as JSON is concerned. */
export function areForeignKeys(value: unknown): value is readonly ForeignKey[] {
  const isNames = (names: unknown) => typeof names === 'string' || (Array.isArray(names) && names.every((name) => typeof name === 'string'))
  return Array.isArray(value) && value.every((key) => isPlainObject(key) && isNames(key.fields))
}

function oneOrMore(names: readonly string[]): string | readonly string[] {
  const [only, ...more] = names as [string, ...string[]]
  return more.length === 0 ? only : [...names]
}

function wrong(message: string): SluiceError {
  return new SluiceError('option/invalid', message)
}
