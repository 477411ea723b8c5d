import { isDeepStrictEqual } from 'node:util'
import { SluiceError } from '../errors.js'
import { areForeignKeys, joinedForeignKeys, refuseLostForeignKeys } from './foreign-key.js'
import { isPlainObject } from './json-data.js'
import type { JSONSchema, JSONSchemaObject, JSONSchemas } from './json-schema.js'
import { areKeys, joinedKeys, refuseLostKeys } from './stream-rules.js'

// Each operation takes JSON Schemas of records and gives a new one. They know the keywords listed here; a schema with any other is refused,
// because what the other says of a field that goes, comes or turns optional could be lost or turned round.

type Operation = 'extend' | 'pick' | 'omit' | 'partial' | 'strict'

const annotations = ['title', 'description', '$comment', 'default', 'examples', 'deprecated', 'readOnly', 'writeOnly']
const carried: readonly string[] = [
  '$schema',
  'type',
  'properties',
  'required',
  'additionalProperties',
  '$defs',
  'definitions',
  'x-unique',
  'x-foreignKeys',
  ...annotations,
]
/** What strict() leaves as it is: rules that name no field which additionalProperties would not see. */
const carriedByStrict: readonly string[] = [
  ...carried,
  'patternProperties',
  'propertyNames',
  'minProperties',
  'maxProperties',
  'dependentRequired',
  'not',
  'x-rules',
  'x-order',
  'x-recordCount',
  'x-missingRatio',
  'x-transform',
]

/** The fields of `first` and those of `second`; where both have a field, that of `second` holds. Strict if either is. */
export function extended(first: JSONSchemaObject, second: JSONSchemaObject): JSONSchemaObject {
  for (const each of [first, second]) refuseUncarried(each, 'extend', carried)
  refuseDifferent(first, second, '$schema')
  refuseDifferent(first, second, 'type')
  const properties = new Map(Object.entries({ ...first.properties, ...second.properties }))
  const secondNames = namesOf(second)
  const required = [...(first.required ?? []).filter((name) => !secondNames.has(name)), ...(second.required ?? [])]
  const $defs = mergedDefinitions(first, second, '$defs')
  const definitions = mergedDefinitions(first, second, 'definitions')
  const additionalProperties = othersAllowed(first.additionalProperties, second.additionalProperties)
  const merged = {
    ...first,
    ...second,
    ...joinedKeys(first, second),
    ...joinedForeignKeys(first, second),
    ...($defs !== undefined && { $defs }),
    ...(definitions !== undefined && { definitions }),
    ...(additionalProperties !== undefined && { additionalProperties }),
  }
  return withFields(merged, properties, new Set(required))
}

/** The named fields alone, in the order of the schema. */
export function picked(json: JSONSchemaObject, names: readonly string[]): JSONSchemaObject {
  const kept = knownNames(json, 'pick', names)
  return selected(json, 'pick', (name) => kept.has(name))
}

/** All fields but the named ones. */
export function omitted(json: JSONSchemaObject, names: readonly string[]): JSONSchemaObject {
  const dropped = knownNames(json, 'omit', names)
  return selected(json, 'omit', (name) => !dropped.has(name))
}

/** The named fields, or all when none is named, turned optional. */
export function partialOf(json: JSONSchemaObject, names: readonly string[]): JSONSchemaObject {
  const named = knownNames(json, 'partial', names)
  const required = names.length === 0 ? [] : (json.required ?? []).filter((name) => !named.has(name))
  return withFields(json, new Map(Object.entries(json.properties ?? {})), new Set(required))
}

/** The same with no field allowed but those under `properties`. */
export function strictOf(json: JSONSchemaObject): JSONSchemaObject {
  refuseUncarried(json, 'strict', carriedByStrict)
  const strict = { ...json, additionalProperties: false }
  refuseUnmeetable(strict)
  return strict
}

function selected(json: JSONSchemaObject, operation: Operation, keep: (name: string) => boolean): JSONSchemaObject {
  refuseLostKeys(json, operation, keep)
  refuseLostForeignKeys(json, operation, keep)
  const properties = Object.entries(json.properties ?? {}).filter(([name]) => keep(name))
  return withFields(json, new Map(properties), new Set((json.required ?? []).filter(keep)))
}

/** The schema with other fields. `required` follows the order of the fields, and is left out when empty. */
function withFields(json: JSONSchemaObject, properties: Map<string, JSONSchema>, required: Set<string>): JSONSchemaObject {
  const { properties: _, required: __, ...rest } = json
  const order = [...[...properties.keys()].filter((name) => required.has(name)), ...[...required].filter((name) => !properties.has(name))]
  const head = {
    ...(rest.$schema !== undefined && { $schema: rest.$schema }),
    ...(rest.type !== undefined && { type: rest.type }),
    properties: Object.fromEntries(properties),
    ...(order.length > 0 && { required: order }),
  }
  const composed = { ...head, ...rest }
  refuseUnmeetable(composed)
  return composed
}

export function namesOf(json: JSONSchemaObject): Set<string> {
  return new Set([...Object.keys(json.properties ?? {}), ...(json.required ?? [])])
}

function knownNames(json: JSONSchemaObject, operation: Operation, names: readonly string[]): Set<string> {
  refuseUncarried(json, operation, carried)
  const known = namesOf(json)
  const unknown = names.find((name) => !known.has(name))
  if (unknown === undefined) return new Set(names)
  throw new SluiceError('option/invalid', `${operation}() was given ${JSON.stringify(unknown)}, which is no field of the schema.`)
}

function refuseDifferent(first: JSONSchemaObject, second: JSONSchemaObject, keyword: '$schema' | 'type'): void {
  if (first[keyword] === undefined || second[keyword] === undefined || first[keyword] === second[keyword]) return
  throw uncarried('extend', `the two have a different ${keyword}`)
}

function mergedDefinitions(one: JSONSchemaObject, two: JSONSchemaObject, keyword: '$defs' | 'definitions'): JSONSchemas | undefined {
  const [first, second] = [one[keyword], two[keyword]]
  if (first === undefined || second === undefined) return first ?? second
  for (const name of Object.keys(first)) {
    if (!Object.hasOwn(second, name) || isDeepStrictEqual(first[name], second[name])) continue
    throw uncarried('extend', `both have ${JSON.stringify(name)} under ${keyword}, and it differs`)
  }
  return { ...first, ...second }
}

function othersAllowed(first: JSONSchema | undefined, second: JSONSchema | undefined): JSONSchema | undefined {
  if (first === undefined || first === true) return second ?? first
  if (second === undefined || second === true || isDeepStrictEqual(first, second)) return first
  throw uncarried('extend', 'the two have a different additionalProperties')
}

function refuseUncarried(json: JSONSchemaObject, operation: Operation, known: readonly string[]): void {
  const { type, properties, required } = json
  const unknown = Object.keys(json).find((keyword) => !known.includes(keyword))
  if (unknown === '$id') throw uncarried(operation, 'it has $id, and another schema must not bear the same name')
  if (unknown !== undefined) throw uncarried(operation, `it has ${unknown}, which may speak of fields under other keywords`)
  if (type !== undefined && type !== 'object') throw uncarried(operation, `its type is ${JSON.stringify(type)} and not "object"`)
  if (properties !== undefined && !isPlainObject(properties)) throw uncarried(operation, 'its properties are not an object')
  if (required !== undefined && !(Array.isArray(required) && required.every((name) => typeof name === 'string'))) {
    throw uncarried(operation, 'its required is not a list of names')
  }
  if (json['x-unique'] !== undefined && !areKeys(json['x-unique'])) throw uncarried(operation, 'its x-unique is not a list of keys')
  if (json['x-foreignKeys'] !== undefined && !areForeignKeys(json['x-foreignKeys']))
    throw uncarried(operation, 'its x-foreignKeys is not a list of foreign keys')
  const reference = referencesIn(json).find((each) => each.startsWith('#') && !/^#\/(\$defs|definitions)\//.test(each))
  if (reference !== undefined)
    throw uncarried(operation, `it refers to ${reference}, a place that would change; move what is meant to $defs`)
}

function refuseUnmeetable({ additionalProperties, patternProperties, properties, required }: JSONSchemaObject): void {
  if (additionalProperties !== false || patternProperties !== undefined) return
  const name = required?.find((each) => !Object.hasOwn(properties ?? {}, each))
  if (name === undefined) return
  const message = `${JSON.stringify(name)} is required but not under properties, and no other field is allowed: no record could be valid.`
  throw new SluiceError('schema/invalid', message)
}

function uncarried(operation: Operation, reason: string): SluiceError {
  const remedy = 'Write that JSON Schema by hand, and give it to fromJSONSchema().'
  return new SluiceError('schema/invalid', `${operation}() cannot be done soundly on this schema: ${reason}. ${remedy}`)
}

const mapsOfSchemas = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']
const data = ['const', 'enum', 'default', 'examples']

/** Every reference in the schema. What stands in data or is the name of a field is none. */
function referencesIn(schema: unknown): string[] {
  if (Array.isArray(schema)) return schema.flatMap(referencesIn)
  if (!isPlainObject(schema)) return []
  return Object.entries(schema).flatMap(([keyword, value]) => {
    if ((keyword === '$ref' || keyword === '$dynamicRef') && typeof value === 'string') return [value]
    if (data.includes(keyword)) return []
    return mapsOfSchemas.includes(keyword) && isPlainObject(value) ? Object.values(value).flatMap(referencesIn) : referencesIn(value)
  })
}
