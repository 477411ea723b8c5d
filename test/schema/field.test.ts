import { field, schema } from 'sluice'
import t from 'tap'

const optionInvalid = { code: 'option/invalid' }

t.test('each kind of field makes its JSON Schema', async (t) => {
  t.strictSame(field.string().toJSONSchema(), { type: 'string' })
  t.strictSame(field.integer().toJSONSchema(), { type: 'integer' })
  t.strictSame(field.number().toJSONSchema(), { type: 'number' })
  t.strictSame(field.boolean().toJSONSchema(), { type: 'boolean' })
  t.strictSame(field.null().toJSONSchema(), { type: 'null' })
  t.strictSame(field.any().toJSONSchema(), {})
  t.strictSame(field.enum(['a', 'b']).toJSONSchema(), { type: 'string', enum: ['a', 'b'] })
  t.strictSame(field.literal(true).toJSONSchema(), { type: 'boolean', const: true })
  t.strictSame(field.literal(null).toJSONSchema(), { type: 'null', const: null })
  t.strictSame(field.array(field.integer()).toJSONSchema(), { type: 'array', items: { type: 'integer' } })
  t.strictSame(field.object({ a: field.string(), b: field.any().optional() }).strict().toJSONSchema(), {
    type: 'object',
    properties: { a: { type: 'string' }, b: {} },
    required: ['a'],
    additionalProperties: false,
  })
})

t.test('listed values have their types spelt out, because cells are read by type', async (t) => {
  t.strictSame(field.enum([1, 2]).toJSONSchema().type, 'integer')
  t.strictSame(field.enum([1, 2.5]).toJSONSchema().type, 'number')
  t.strictSame(field.enum(['a', 1, null]).toJSONSchema().type, ['string', 'integer', 'null'])
})

t.test('rules and annotations', async (t) => {
  t.strictSame(
    field
      .string()
      .pattern(/^\d{6}$/)
      .format('email')
      .minLength(1)
      .maxLength(9)
      .missing(['', 'NA'])
      .toJSONSchema(),
    { type: 'string', pattern: '^\\d{6}$', format: 'email', minLength: 1, maxLength: 9, 'x-missing': ['', 'NA'] },
  )
  t.strictSame(field.string().length(2).toJSONSchema(), { type: 'string', minLength: 2, maxLength: 2 })
  t.strictSame(field.integer().min(18).max(120n).multipleOf(2).toJSONSchema(), {
    type: 'integer',
    minimum: 18,
    maximum: 120,
    multipleOf: 2,
  })
  t.strictSame(field.number().exclusiveMin(0).exclusiveMax(1.5).toJSONSchema(), {
    type: 'number',
    exclusiveMinimum: 0,
    exclusiveMaximum: 1.5,
  })
  t.strictSame(field.array(field.any()).minItems(1).maxItems(2).uniqueItems().toJSONSchema(), {
    type: 'array',
    items: {},
    minItems: 1,
    maxItems: 2,
    uniqueItems: true,
  })
  t.strictSame(field.string().title('T').description('D').default('x').examples(['y']).title('U').toJSONSchema(), {
    type: 'string',
    title: 'U',
    description: 'D',
    default: 'x',
    examples: ['y'],
  })
  t.strictSame(field.string().missing([]).toJSONSchema(), { type: 'string', 'x-missing': [] })
})

t.test('nullable admits null in type, enum and const, in whatever order it is said', async (t) => {
  t.strictSame(field.string().nullable().toJSONSchema(), { type: ['string', 'null'] })
  const listed = { type: ['string', 'null'], enum: ['a', null] }
  t.strictSame(field.string().enum(['a']).nullable().toJSONSchema(), listed)
  t.strictSame(field.string().nullable().enum(['a']).toJSONSchema(), listed)
  t.strictSame(field.string().nullable().const('a').toJSONSchema(), listed)
  t.strictSame(field.literal('a').nullable().toJSONSchema(), listed)
  t.strictSame(field.enum(['a', null]).nullable().toJSONSchema(), listed)
  t.strictSame(field.integer().nullable().enum([1]).toJSONSchema(), { type: ['integer', 'null'], enum: [1, null] })
})

t.test('bounds that JSON cannot hold are refused', async (t) => {
  for (const bound of [Number.NaN, Number.POSITIVE_INFINITY, 2n ** 53n, '1' as never, undefined as never]) {
    t.throws(() => field.number().min(bound), optionInvalid)
    t.throws(() => field.number().exclusiveMax(bound), optionInvalid)
  }
  t.throws(() => field.number().multipleOf(0), optionInvalid)
  for (const count of [-1, 1.5, Number.NaN, 2 ** 53, '1' as never]) {
    t.throws(() => field.string().minLength(count), optionInvalid)
    t.throws(() => field.array(field.any()).maxItems(count), optionInvalid)
  }
  t.ok(Object.is(field.number().min(-0).toJSONSchema().minimum, 0), 'JSON has no -0')
})

t.test('a rule is given once, and rules that no value meets are refused', async (t) => {
  t.throws(() => field.integer().min(1).min(2), { ...optionInvalid, message: /minimum 1 already/ })
  t.throws(() => field.string().pattern('a').pattern('b'), optionInvalid)
  t.throws(() => field.string().length(1).minLength(0), optionInvalid)
  t.throws(() => field.string().enum(['a', 'b']).const('a'), optionInvalid)
  t.doesNotThrow(() => field.integer().min(1).min(1), 'the same rule again says nothing new')
  t.throws(() => field.integer().min(2).max(1), optionInvalid)
  t.throws(() => field.number().exclusiveMax(1).min(1), optionInvalid)
  t.throws(() => field.string().maxLength(1).minLength(2), optionInvalid)
  t.doesNotThrow(() => field.integer().min(1).max(1))
})

t.test('lists of values', async (t) => {
  t.throws(() => field.enum([]), optionInvalid)
  t.throws(() => field.enum(['a', 'a']), optionInvalid)
  t.throws(() => field.enum([Number.NaN]), optionInvalid)
  t.throws(() => field.enum([{} as never]), optionInvalid)
  t.throws(() => field.integer().enum([1.5]), optionInvalid)
  t.throws(() => field.string().const(1 as never), optionInvalid)
  t.throws(() => field.string().const('\ud800'), optionInvalid)
  t.throws(() => field.string().missing(['', '']), optionInvalid)
  t.throws(() => field.string().missing('' as never), optionInvalid)
})

t.test('what is not JSON is refused in annotations', async (t) => {
  t.throws(() => field.any().default(undefined), optionInvalid)
  t.throws(() => field.any().default({ a: [new Date()] }), { ...optionInvalid, message: /instance of a class at \/default\/a\/0/ })
  const cycle: unknown[] = []
  cycle.push(cycle)
  t.throws(() => field.any().examples([cycle]), { ...optionInvalid, message: /cycle/ })
})

t.test('fields that are no fields', async (t) => {
  t.throws(() => schema({ a: 'string' as never }), { ...optionInvalid, message: /given for a/ })
  t.throws(() => schema(null as never), optionInvalid)
  t.throws(() => schema([] as never), optionInvalid)
  t.throws(() => schema(new Map() as never), optionInvalid)
  t.throws(() => schema({ [Symbol('s')]: field.any() } as never), optionInvalid)
  t.throws(() => field.array(field.string().optional() as never), optionInvalid)
  t.throws(() => field.array({} as never), optionInvalid)
  t.throws(() => schema({ __proto__: field.string() } as any), { ...optionInvalid, message: /\['__proto__'\]/ })
})

t.test('fields are immutable', async (t) => {
  const base = field.string().minLength(1)
  const before = JSON.stringify(base.toJSONSchema())
  base.maxLength(3).nullable().optional().title('x').pattern('a')
  t.equal(JSON.stringify(base.toJSONSchema()), before)
  t.equal(base.isOptional, false)
  const values = ['a', 'b']
  const listed = field.enum(values)
  values.push('c')
  t.strictSame(listed.toJSONSchema().enum, ['a', 'b'])
  t.throws(() => (listed.toJSONSchema().enum as unknown[]).push('d'), TypeError)
})
