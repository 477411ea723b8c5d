import fc from 'fast-check'
import { type Fields, field, type Schema, schema } from 'sluice'

/** Names that break programs which take them for their own. */
export const fieldName = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'a/b',
    'm~n',
    '',
    '1',
    'required',
    'properties',
    'type',
    '$ref',
  ),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
)

export const anyField = fc.oneof(
  fc.constantFrom(field.string(), field.string().format('email').optional(), field.string().enum(['a', 'b']).nullable()),
  fc.constantFrom(field.integer().min(18).max(120), field.number().optional(), field.boolean(), field.null(), field.any().optional()),
  fc.constantFrom(
    field.array(field.integer()).minItems(1),
    field
      .object({ $ref: field.string().default('#') })
      .strict()
      .optional(),
  ),
)

/** Fields with distinct names, as an object that holds `__proto__` too. */
export const someFields: fc.Arbitrary<Fields> = fc
  .uniqueArray(fc.tuple(fieldName, anyField), { selector: ([name]) => name, maxLength: 6 })
  .map((entries) => Object.fromEntries(entries))

export const someSchema: fc.Arbitrary<Schema> = fc.tuple(someFields, fc.boolean()).map(([fields, strict]) => {
  const made = schema(fields) as Schema
  return strict ? made.strict() : made
})

/** Several fields sets without a name in common. */
export const disjointFields: fc.Arbitrary<[Fields, Fields, Fields]> = fc
  .tuple(fc.uniqueArray(fc.tuple(fieldName, anyField), { selector: ([name]) => name, maxLength: 9 }), fc.infiniteStream(fc.nat(2)))
  .map(([entries, places]) => {
    const parts: [string, (typeof entries)[number][1]][][] = [[], [], []]
    for (const entry of entries) parts[places.next().value as number]?.push(entry)
    const [one = [], two = [], three = []] = parts
    return [Object.fromEntries(one), Object.fromEntries(two), Object.fromEntries(three)]
  })

/** The fields of a schema, told so that the order of fields does not matter. */
export function fieldsOf(made: Schema): unknown {
  const { properties = {}, required = [], ...rest } = made.toJSONSchema()
  return { properties: Object.entries(properties).sort(([one], [two]) => (one < two ? -1 : 1)), required: [...required].sort(), ...rest }
}
