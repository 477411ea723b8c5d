import type { JSONSchema, JSONSchemaObject } from '../json-schema.js'
import type { ForeignNote } from '../rules.js'

// A library may mean by a keyword something else than JSON Schema does: it counts UTF-16 units, its formats are its own, its patterns have
// flags. What is left here is met by every record that the library accepts, so that Rust refuses none that the library would not; the
// library is asked about the rest. All that is not known to be so is left out.

const asTheyAre = new Set<string>([
  ...['$schema', '$ref', '$defs', 'definitions', 'type', 'enum', 'const'],
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'maxLength'],
  ...['minItems', 'maxItems', 'required', 'minProperties', 'maxProperties'],
])
const annotations = new Set(['title', 'description', '$comment', 'default', 'examples', 'deprecated', 'readOnly', 'writeOnly', 'x-missing'])
const ofSchemas = new Set(['properties', '$defs', 'definitions'])
const ofLists = new Set(['allOf', 'anyOf', 'prefixItems'])
const ofOne = new Set(['items', 'additionalProperties', 'propertyNames', 'contains'])

interface Relaxing {
  readonly isSamePattern: (pattern: string) => boolean
  readonly notes: ForeignNote[]
}

/** What Rust can check of a library's JSON Schema, and notes of what is left to the library. `isSamePattern`: the pattern means the same. */
export function relaxed(
  json: JSONSchemaObject,
  isSamePattern: (pattern: string) => boolean,
): { json: JSONSchemaObject; notes: readonly ForeignNote[] } {
  const relaxing: Relaxing = { isSamePattern, notes: [] }
  return { json: relax(json, '', relaxing) as JSONSchemaObject, notes: relaxing.notes }
}

function relax(schema: JSONSchema, pointer: string, relaxing: Relaxing): JSONSchema {
  if (typeof schema === 'boolean') return schema
  const entries = Object.entries(schema).flatMap(([keyword, value]) => {
    const place = `${pointer}/${keyword}`
    const kept = keep(keyword, value, place, schema, relaxing)
    if (kept === undefined) return []
    return [kept]
  })
  return Object.fromEntries(entries)
}

function keep(
  keyword: string,
  value: unknown,
  pointer: string,
  schema: JSONSchemaObject,
  relaxing: Relaxing,
): [string, unknown] | undefined {
  const at = (name: string | number) => `${pointer}/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`
  if (annotations.has(keyword)) return [keyword, value]
  if (ofSchemas.has(keyword)) {
    const members = Object.entries(value as Record<string, JSONSchema>)
    return [keyword, Object.fromEntries(members.map(([name, each]) => [name, relax(each, at(name), relaxing)]))]
  }
  // That one and no other holds is for the library to say; that one holds is certain.
  if (keyword === 'oneOf' && schema.anyOf === undefined) return ['anyOf', relaxList(value as JSONSchema[], at, relaxing)]
  if (ofLists.has(keyword)) return [keyword, relaxList(value as JSONSchema[], at, relaxing)]
  // Names that a pattern allows would be refused where the pattern is left out.
  const isOpen = keyword === 'additionalProperties' && schema.patternProperties !== undefined
  if (ofOne.has(keyword) && !isOpen) return [keyword, relax(value as JSONSchema, pointer, relaxing)]
  if (asTheyAre.has(keyword)) return [keyword, value]
  if (keyword === 'minLength') return [keyword, leastCodePoints(value as number, pointer, relaxing)]
  if (keyword === 'multipleOf' && Number.isSafeInteger(value)) return [keyword, value]
  if (keyword === 'pattern' && relaxing.isSamePattern(value as string)) return [keyword, value]
  relaxing.notes.push({ pointer, keyword, how: 'javascript', note: 'the library may mean another thing by it' })
  return undefined
}

function relaxList(list: JSONSchema[], at: (index: number) => string, relaxing: Relaxing): JSONSchema[] {
  return list.map((each, index) => relax(each, at(index), relaxing))
}

/** A library counts UTF-16 units, of which a character has one or two. */
function leastCodePoints(units: number, pointer: string, relaxing: Relaxing): number {
  if (units <= 1) return units
  relaxing.notes.push({
    pointer,
    keyword: 'minLength',
    how: 'javascript',
    note: 'the library counts UTF-16 units; Rust asks for half as many characters',
  })
  return Math.ceil(units / 2)
}
