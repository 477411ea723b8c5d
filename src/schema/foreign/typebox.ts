import { SluiceError } from '../../errors.js'

// TypeBox makes plain JSON Schemas, with symbols on them. A schema is taken as it is but for what the symbols alone say.
const kindKey = Symbol.for('TypeBox.Kind')
const transformKey = Symbol.for('TypeBox.Transform')
const kinds = new Set([
  ...['Any', 'Array', 'Boolean', 'Integer', 'Intersect', 'Literal', 'Never', 'Not', 'Null', 'Number', 'Object', 'Record', 'Ref', 'String'],
  ...['TemplateLiteral', 'This', 'Tuple', 'Union', 'Unknown', 'Unsafe', 'Import', 'Mapped', 'MappedKey', 'MappedResult'],
])

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
    const { [kindKey]: kind, [transformKey]: transform } = place.value as { [kindKey]?: unknown; [transformKey]?: unknown }
    if (transform !== undefined) throw lossy(place, 'has a Transform', 'and records go on as they came; do that after validate()')
    if (typeof kind === 'string' && !kinds.has(kind))
      throw lossy(place, `has the kind ${kind}`, 'which its JSON Schema cannot say; use another, or .check()')
    for (const name of Object.keys(place.value)) {
      const value = (place.value as Record<string, unknown>)[name]
      if (typeof value !== 'object' || value === null || seen.has(value)) continue
      seen.add(value)
      waiting.push({ value, parent: place, name })
    }
  }
}

function lossy(place: Place, what: string, why: string): SluiceError {
  const names: string[] = []
  for (let at = place; at.parent; at = at.parent) names.unshift(at.name.replaceAll('~', '~0').replaceAll('/', '~1'))
  const pointer = names.map((name) => `/${name}`).join('')
  return new SluiceError('schema/lossy', `The schema of TypeBox ${what} at ${JSON.stringify(pointer)}, ${why}.`)
}
