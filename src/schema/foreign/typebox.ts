import { SluiceError } from '../../errors.js'

// TypeBox makes plain JSON Schemas, with symbols on them. A schema is taken as it is but for what the symbols alone say.
const kindKey = Symbol.for('TypeBox.Kind')
const transformKey = Symbol.for('TypeBox.Transform')
const kinds = new Set([
  ...['Any', 'Array', 'Boolean', 'Integer', 'Intersect', 'Literal', 'Never', 'Not', 'Null', 'Number', 'Object', 'Record', 'Ref', 'String'],
  ...['TemplateLiteral', 'This', 'Tuple', 'Union', 'Unknown', 'Unsafe', 'Import', 'Mapped', 'MappedKey', 'MappedResult'],
])

/** Throws `schema/lossy` for a schema of TypeBox that means more than its JSON Schema says. Any other value passes. */
export function refuseLossyTypeBox(schema: unknown, pointer = '', ancestors: ReadonlySet<unknown> = new Set()): void {
  if (typeof schema !== 'object' || schema === null || ancestors.has(schema)) return
  const { [kindKey]: kind, [transformKey]: transform } = schema as { [kindKey]?: unknown; [transformKey]?: unknown }
  const place = `at ${JSON.stringify(pointer)}`
  if (transform !== undefined)
    throw new SluiceError(
      'schema/lossy',
      `The schema of TypeBox has a Transform ${place}, and records go on as they came; do that after validate().`,
    )
  if (typeof kind === 'string' && !kinds.has(kind))
    throw new SluiceError(
      'schema/lossy',
      `The schema of TypeBox has the kind ${kind} ${place}, which its JSON Schema cannot say; use another, or .check().`,
    )
  const within = new Set([...ancestors, schema])
  for (const [name, value] of Object.entries(schema)) {
    refuseLossyTypeBox(value, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, within)
  }
}
