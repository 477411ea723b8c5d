import { SluiceError } from '../../errors.js'

// TypeBox makes plain JSON Schemas. What it says beside them stands under symbols (@sinclair/typebox), or under names with a tilde that are not
// enumerable (typebox 1), and a copy of the JSON Schema is without it. A schema is taken as it is but for what they alone say.
const kindKey = Symbol.for('TypeBox.Kind')
const transformKey = Symbol.for('TypeBox.Transform')
const kinds = new Set([
  ...['Any', 'Array', 'Boolean', 'Integer', 'Intersect', 'Literal', 'Never', 'Not', 'Null', 'Number', 'Object', 'Record', 'Ref', 'String'],
  ...['TemplateLiteral', 'This', 'Tuple', 'Union', 'Unknown', 'Unsafe', 'Import', 'Mapped', 'MappedKey', 'MappedResult'],
  ...['Cyclic', 'Dependent', 'Enum'],
])
/** Names of typebox 1 that ask nothing of a record which the JSON Schema does not. */
const harmless = new Set(['~kind', '~optional', '~readonly', '~immutable', '~unsafe'])
/** What others are made by. */
const makers: Readonly<Record<string, string>> = { '~refine': 'a Refine', '~codec': 'a Codec' }

interface Place {
  readonly value: object
  readonly parent: Place | undefined
  readonly name: string
}

/** Throws `schema/lossy` for a schema of TypeBox that means more than its JSON Schema says. Any other value passes. */
export function refuseLossyTypeBox(schema: unknown): void {
  if (typeof schema !== 'object' || schema === null) return
  // By a list, and each object once: how deep a schema may be nested, and whether in itself, is for others to say.
  const seen = new Set<object>([schema])
  const waiting: Place[] = [{ value: schema, parent: undefined, name: '' }]
  for (let place = waiting.pop(); place; place = waiting.pop()) {
    refuseLossyPlace(place)
    for (const name of Object.keys(place.value)) {
      const value = (place.value as Record<string, unknown>)[name]
      if (typeof value !== 'object' || value === null || seen.has(value)) continue
      seen.add(value)
      waiting.push({ value, parent: place, name })
    }
  }
}

function refuseLossyPlace(place: Place): void {
  const { value } = place
  const after = 'and records go on as they came; do that after validate()'
  if ((value as { [transformKey]?: unknown })[transformKey] !== undefined) throw lossy(place, 'has a Transform', after)
  const kind = kindOf(value)
  if (typeof kind === 'string' && !kinds.has(kind))
    throw lossy(place, `has the kind ${kind}`, 'which its JSON Schema cannot say; use another, or .check()')
  // A name that is enumerable is a field, or a keyword that the compiler knows what to do with.
  const isHidden = (name: string) => name.startsWith('~') && !Object.prototype.propertyIsEnumerable.call(value, name)
  const more = Object.getOwnPropertyNames(value).find((name) => isHidden(name) && !harmless.has(name))
  if (more === undefined) return
  const remedy = more === '~codec' ? after : 'which its JSON Schema cannot say; leave it out, and use .check()'
  throw lossy(place, `has ${(Object.hasOwn(makers, more) && makers[more]) || more}`, remedy)
}

function kindOf(value: object): unknown {
  const { [kindKey]: kind } = value as { [kindKey]?: unknown }
  return kind ?? Object.getOwnPropertyDescriptor(value, '~kind')?.value
}

/** A node of TypeBox in the words of draft 2020-12: its tuples are in those of draft-07. Any other object is given back. */
export function inDraft202012(node: Record<string, unknown>): Record<string, unknown> {
  if (kindOf(node) !== 'Tuple' || !Array.isArray(node['items'])) return node
  const { items: prefixItems, additionalItems: items, ...others } = node
  return { ...others, ...(prefixItems.length > 0 && { prefixItems }), ...(items !== undefined && { items }) }
}

function lossy(place: Place, what: string, why: string): SluiceError {
  const names: string[] = []
  for (let at = place; at.parent; at = at.parent) names.unshift(at.name.replaceAll('~', '~0').replaceAll('/', '~1'))
  const pointer = names.map((name) => `/${name}`).join('')
  return new SluiceError('schema/lossy', `The schema of TypeBox ${what} at ${JSON.stringify(pointer)}, ${why}.`)
}
