import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { field, fromJSONSchema, jsonSchemaOf, schema } from 'sluice'
import t from 'tap'
import { fieldName, someFields, someSchema } from './records.js'

const draft = 'https://json-schema.org/draft/2020-12/schema'

t.test('the schema of the README', async (t) => {
  const users = schema({
    user_id: field.string().pattern(/^\d{6}$/),
    email: field.string().format('email'),
    age: field.integer().min(18).max(120),
    balance: field.number().min(0).optional(),
  })
  t.strictSame(users.toJSONSchema(), {
    $schema: draft,
    type: 'object',
    properties: {
      user_id: { type: 'string', pattern: '^\\d{6}$' },
      email: { type: 'string', format: 'email' },
      age: { type: 'integer', minimum: 18, maximum: 120 },
      balance: { type: 'number', minimum: 0 },
    },
    required: ['user_id', 'email', 'age'],
  })
  t.equal(users.toJSONSchema(), users.toJSONSchema(), 'the same object each time, so that what is cached by it is found')
  t.strictSame(schema({}).toJSONSchema(), { $schema: draft, type: 'object', properties: {} })
  t.equal('required' in schema({ a: field.any().optional() }).toJSONSchema(), false)
})

t.test('names that are special to JavaScript are fields like any other', async (t) => {
  const odd = schema({ constructor: field.integer(), ['__proto__']: field.string(), toString: field.boolean() })
  const json = odd.toJSONSchema()
  t.strictSame(Object.keys(json.properties ?? {}), ['constructor', '__proto__', 'toString'])
  t.strictSame(json.required, ['constructor', '__proto__', 'toString'])
  t.equal(Object.getPrototypeOf(json.properties), Object.prototype)
  t.equal(
    JSON.stringify(odd.pick('__proto__').toJSONSchema()),
    `{"$schema":"${draft}","type":"object","properties":{"__proto__":{"type":"string"}},"required":["__proto__"]}`,
  )
  t.strictSame(odd.omit('__proto__').toJSONSchema().required, ['constructor', 'toString'])
  t.strictSame(
    schema({})
      .extend({ ['__proto__']: field.string() })
      .toJSONSchema().required,
    ['__proto__'],
  )
  t.throws(() => schema({}).pick('constructor' as never), { code: 'option/invalid' }, 'what is inherited is no field')
})

t.test('law: every field is there in its order, with its own schema, whatever its name', async () => {
  fc.assert(
    fc.property(someFields, (fields) => {
      const { properties = {}, required = [] } = schema(fields).toJSONSchema()
      const names = Object.keys(fields)
      return (
        JSON.stringify(Object.keys(properties)) === JSON.stringify(names) &&
        JSON.stringify(required) === JSON.stringify(names.filter((name) => !fields[name]?.isOptional)) &&
        names.every((name) => JSON.stringify(properties[name]) === JSON.stringify(fields[name]?.toJSONSchema()))
      )
    }),
  )
})

t.test('law: JSON Schema in is JSON Schema out', async () => {
  const json = fc.dictionary(fieldName, fc.jsonValue(), { noNullPrototype: true })
  fc.assert(fc.property(json, (each) => JSON.stringify(fromJSONSchema(each).toJSONSchema()) === JSON.stringify(each)))
  fc.assert(
    fc.property(
      someSchema,
      (made) => JSON.stringify(fromJSONSchema(made.toJSONSchema()).toJSONSchema()) === JSON.stringify(made.toJSONSchema()),
    ),
  )
})

t.test('law: what toJSONSchema gives is frozen all through and survives JSON text', async () => {
  const frozen = (value: unknown): boolean =>
    typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(frozen))
  fc.assert(
    fc.property(someSchema, (made) => {
      const json = made.toJSONSchema()
      return frozen(json) && JSON.stringify(JSON.parse(JSON.stringify(json))) === JSON.stringify(json)
    }),
  )
})

t.test('fromJSONSchema takes a copy, of JSON objects only', async (t) => {
  const json = { type: 'object', properties: { a: { type: 'string' } } }
  const made = fromJSONSchema(json)
  json.properties.a.type = 'integer'
  t.strictSame(made.toJSONSchema().properties, { a: { type: 'string' } })
  for (const refused of [
    null,
    true,
    [],
    'x',
    new Map(),
    { minimum: 1n },
    { minimum: Number.NaN },
    { a: undefined },
    { enum: new Array(2) },
    { f() {} },
  ]) {
    t.throws(() => fromJSONSchema(refused as never), { code: 'schema/invalid' })
  }
  const shared = { type: 'string' }
  t.strictSame(fromJSONSchema({ properties: { a: shared, b: shared } }).toJSONSchema().properties, { a: shared, b: shared }, 'no cycle')
  let deep: object = {}
  for (let depth = 0; depth < 600; depth++) deep = { not: deep }
  t.throws(() => fromJSONSchema(deep), { code: 'schema/too-large' })
  t.strictSame(fromJSONSchema({ type: 'string', [Symbol('kind')]: 'TypeBox' } as never).toJSONSchema(), { type: 'string' })
  t.strictSame(fromJSONSchema(runInNewContext('({ type: "object" })')).toJSONSchema(), { type: 'object' }, 'of another realm')
})

t.test('jsonSchemaOf', async (t) => {
  const users = schema({ a: field.string() })
  t.equal(jsonSchemaOf(users), users.toJSONSchema())
  t.equal(jsonSchemaOf(true), true)
  t.equal(jsonSchemaOf(false), false)
  const plain = { type: 'object' }
  t.strictSame(jsonSchemaOf(plain), plain)
  t.not(jsonSchemaOf(plain), plain, 'a copy')
  const foreign = { '~standard': { version: 1, vendor: 'zod', validate: () => ({ value: 1 }) } }
  t.throws(() => jsonSchemaOf(foreign as never), { code: 'schema/invalid', message: /zod.*toJSONSchema/ })
  t.throws(
    () => jsonSchemaOf(Object.assign(() => 1, foreign) as never),
    { code: 'schema/invalid', message: /zod/ },
    'ArkType has functions',
  )
  t.throws(() => jsonSchemaOf(field.string() as never), { code: 'schema/invalid', message: /schema\(\{/ })
  for (const refused of [null, undefined, 'x', 1, [], new Map()]) t.throws(() => jsonSchemaOf(refused as never), { code: 'schema/invalid' })
})

t.test('a schema of another copy of the package is known by what it has', async (t) => {
  const copy = { '~standard': schema({})['~standard'], toJSONSchema: () => ({ type: 'object' }) }
  t.strictSame(jsonSchemaOf(copy), { type: 'object' })
})
