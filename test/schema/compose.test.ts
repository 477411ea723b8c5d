import fc from 'fast-check'
import { field, fromJSONSchema, type JSONSchemaObject, schema } from 'sluice'
import t from 'tap'
import { disjointFields, fieldsOf, someSchema } from './records.js'

const jsonText = (made: { toJSONSchema(): JSONSchemaObject }) => JSON.stringify(made.toJSONSchema())
const namesOf = (made: { toJSONSchema(): JSONSchemaObject }) => Object.keys(made.toJSONSchema().properties ?? {})

const users = schema({ id: field.string(), age: field.integer().optional(), email: field.string() })

t.test('what each operation does', async (t) => {
  t.equal(
    jsonText(users.pick('email', 'id')),
    jsonText(schema({ id: field.string(), email: field.string() })),
    'in the order of the schema',
  )
  t.equal(jsonText(users.omit('id')), jsonText(schema({ age: field.integer().optional(), email: field.string() })))
  t.strictSame(users.partial('id').toJSONSchema().required, ['email'])
  t.notOk('required' in users.partial().toJSONSchema())
  t.equal(users.strict().toJSONSchema().additionalProperties, false)
  t.strictSame(users.extend({ id: field.integer().optional(), zip: field.string() }).toJSONSchema(), {
    $schema: users.toJSONSchema().$schema,
    type: 'object',
    properties: { id: { type: 'integer' }, age: { type: 'integer' }, email: { type: 'string' }, zip: { type: 'string' } },
    required: ['email', 'zip'],
  })
  t.throws(() => users.pick('nope' as never), { code: 'option/invalid', message: /"nope"/ })
  t.throws(() => users.omit('nope' as never), { code: 'option/invalid' })
  t.throws(() => users.partial('nope' as never), { code: 'option/invalid' })
  t.throws(() => users.extend(null as never), { code: 'option/invalid' })
})

t.test('strictness stays: a schema that refuses unknown fields makes the whole refuse them', async (t) => {
  t.equal(users.strict().pick('id').toJSONSchema().additionalProperties, false)
  t.equal(users.strict().extend({ a: field.any() }).toJSONSchema().additionalProperties, false)
  t.equal(users.extend(schema({ a: field.any() }).strict()).toJSONSchema().additionalProperties, false)
  const texts = fromJSONSchema({ additionalProperties: { type: 'string' } })
  t.strictSame(users.extend(texts).toJSONSchema().additionalProperties, { type: 'string' })
  t.throws(() => users.strict().extend(texts), { code: 'schema/invalid', message: /additionalProperties/ })
  t.throws(() => fromJSONSchema({ required: ['a'] }).strict(), { code: 'schema/invalid', message: /"a" is required/ })
})

t.test('law: pick and omit are complements', async () => {
  const made = fc.tuple(someSchema, fc.infiniteStream(fc.boolean()))
  fc.assert(
    fc.property(made, ([whole, coin]) => {
      const names = namesOf(whole)
      const chosen = names.filter(() => coin.next().value)
      const others = names.filter((name) => !chosen.includes(name))
      const same = jsonText(whole.pick(...chosen)) === jsonText(whole.omit(...others))
      const joined = whole.pick(...chosen).extend(whole.omit(...chosen))
      return same && JSON.stringify(fieldsOf(joined)) === JSON.stringify(fieldsOf(whole))
    }),
  )
})

t.test('law: extend is associative, and on disjoint fields no order of fields changes what is asked', async () => {
  fc.assert(
    fc.property(someSchema, someSchema, someSchema, (a, b, c) => jsonText(a.extend(b).extend(c)) === jsonText(a.extend(b.extend(c)))),
  )
  fc.assert(
    fc.property(disjointFields, ([a, b, c]) => {
      const one = schema(a).extend(b).extend(c)
      const two = schema(c).extend(a).extend(b)
      const whole = schema({ ...a, ...b, ...c })
      return [two, whole].every((each) => JSON.stringify(fieldsOf(one)) === JSON.stringify(fieldsOf(each)))
    }),
  )
})

t.test('law: strict, partial and extend with nothing are idempotent', async () => {
  fc.assert(
    fc.property(someSchema, (made) => {
      const strict = made.strict()
      const partial = made.partial()
      return (
        jsonText(strict.strict()) === jsonText(strict) &&
        jsonText(partial.partial()) === jsonText(partial) &&
        JSON.stringify(fieldsOf(made.extend({}))) === JSON.stringify(fieldsOf(made)) &&
        jsonText(made.extend(made)) === jsonText(made.extend({}))
      )
    }),
  )
})

t.test('law: no operation changes the schema it starts from', async () => {
  fc.assert(
    fc.property(someSchema, someSchema, (made, other) => {
      const before = jsonText(made)
      const names = namesOf(made)
      made.extend(other)
      made.strict()
      made.partial(...names)
      made.pick(...names)
      made.omit(...names)
      return jsonText(made) === before
    }),
  )
})

t.test('on a JSON Schema, fields may stand under properties, required or both', async (t) => {
  const json = fromJSONSchema({
    title: 'T',
    properties: { a: { $ref: '#/$defs/x' } },
    required: ['b', 'a'],
    $defs: { x: { type: 'string' } },
  })
  t.strictSame(json.pick('b').toJSONSchema(), { properties: {}, required: ['b'], title: 'T', $defs: { x: { type: 'string' } } })
  t.strictSame(json.omit('b').toJSONSchema().required, ['a'])
  t.strictSame(json.partial('b').toJSONSchema().required, ['a'])
  t.strictSame(json.extend({ c: field.any() }).toJSONSchema().required, ['a', 'c', 'b'])
})

t.test('what cannot be carried soundly is refused, with the reason', async (t) => {
  const properties = { a: { type: 'string' }, b: { type: 'string' } }
  const refused: [JSONSchemaObject, RegExp][] = [
    [{ properties, allOf: [{ required: ['b'] }] }, /allOf/],
    [{ properties, if: { required: ['a'] }, else: false }, /has if/],
    [{ properties, $ref: '#/$defs/x', $defs: { x: {} } }, /\$ref/],
    [{ properties, unevaluatedProperties: false }, /unevaluatedProperties/],
    [{ properties, $id: 'https://example.com/a' }, /\$id/],
    [{ properties: { a: { $ref: '#/properties/b' }, b: {} } }, /#\/properties\/b/],
    [{ properties: { a: { anyOf: [{ items: { $ref: '#' } }] }, b: {} } }, /refers to #/],
    [{ properties, type: ['object', 'null'] }, /type/],
    [{ properties: 5 as never, required: ['a', 'b'] }, /properties/],
    [{ properties, required: 'a' as never }, /required/],
  ]
  for (const [json, message] of refused) {
    const made = fromJSONSchema<{ a: string; b: string }>(json)
    const wanted = { code: 'schema/invalid', message }
    t.throws(() => made.pick('a'), wanted)
    t.throws(() => made.omit('a'), wanted)
    t.throws(() => made.partial('a'), wanted)
    t.throws(() => made.partial(), wanted)
    t.throws(() => made.extend({ c: field.any() }), wanted)
    t.throws(() => users.extend(made), wanted)
    t.throws(() => made.strict(), wanted)
  }
  const patterned = fromJSONSchema({ properties, patternProperties: { '^x': {} }, dependentRequired: { a: ['b'] }, minProperties: 1 })
  t.throws(() => patterned.pick('a'), { code: 'schema/invalid' })
  t.equal(patterned.strict().toJSONSchema().additionalProperties, false, 'strict() changes nothing that these say')
})

t.test('schemas that differ in what cannot be joined', async (t) => {
  const defs = (type: string) => fromJSONSchema({ $defs: { x: { type } } })
  t.throws(() => defs('string').extend(defs('integer')), { code: 'schema/invalid', message: /\$defs/ })
  t.strictSame(defs('string').extend(defs('string')).toJSONSchema().$defs, { x: { type: 'string' } })
  t.throws(() => users.extend(fromJSONSchema({ $schema: 'http://json-schema.org/draft-07/schema#' })), { code: 'schema/invalid' })
})

t.test('a name or a value that looks like a reference is none', async (t) => {
  const json = fromJSONSchema({ properties: { $ref: { const: { $ref: '#' } }, enum: { default: { $ref: '#' } } } })
  t.doesNotThrow(() => json.pick('$ref'))
  const hidden = fromJSONSchema({ properties: { enum: { $ref: '#' } } })
  t.throws(() => hidden.pick('enum'), { code: 'schema/invalid' })
})

t.test('keys (x-unique)', async (t) => {
  const person = schema({ id: field.integer(), country: field.string(), zip: field.string() })
  const keyed = person.unique('id').unique('country', 'zip')
  t.strictSame(keyed.toJSONSchema()['x-unique'], ['id', ['country', 'zip']])
  t.strictSame(keyed.extend({ more: field.string() }).toJSONSchema()['x-unique'], ['id', ['country', 'zip']])
  t.strictSame(keyed.extend(person.unique('zip', 'country').unique('zip')).toJSONSchema()['x-unique'], ['id', ['country', 'zip'], 'zip'])
  t.strictSame(keyed.partial().strict().toJSONSchema()['x-unique'], ['id', ['country', 'zip']])
  t.strictSame(person.unique('id').pick('id').toJSONSchema()['x-unique'], ['id'])
  const lost = { code: 'option/invalid', message: /takes away the field "zip" of the key \["country","zip"\]/ }
  t.throws(() => keyed.pick('id', 'country'), lost)
  t.throws(() => keyed.omit('zip'), lost)
  const loose = keyed as unknown as { unique(...names: unknown[]): unknown }
  for (const names of [[], ['none'], [1], ['id', 'id'], ['id'], ['zip', 'country']])
    t.throws(() => loose.unique(...names), { code: 'option/invalid' }, JSON.stringify(names))
  const broken = fromJSONSchema({ properties: { a: {} }, 'x-unique': 'a' } as never)
  t.throws(() => broken.pick('a'), { code: 'schema/invalid', message: /x-unique/ })
})
