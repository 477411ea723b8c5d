import { explain, field, schema, validate } from 'sluice'
import t from 'tap'

const howOf = (json: object, options = {}) => Object.fromEntries(explain(json, options).map(({ pointer, how }) => [pointer, how]))

t.test('each keyword says how it is enforced', (t) => {
  t.strictSame(
    howOf({ title: 'x', properties: { a: { type: 'integer', minimum: 1 }, b: { anyOf: [{ type: 'null' }, { format: 'date' }] } } }),
    {
      '/title': 'annotation',
      '/properties': 'compiled',
      '/properties/a/type': 'compiled',
      '/properties/a/minimum': 'compiled',
      '/properties/b/anyOf': 'compiled',
      '/properties/b/anyOf/0/type': 'compiled',
      '/properties/b/anyOf/1/format': 'compiled',
    },
  )
  t.match(howOf({ properties: { a: { type: 'integer' } }, unevaluatedProperties: false }), {
    '/properties/a/type': 'full-engine',
    '/unevaluatedProperties': 'full-engine',
  })
  t.match(howOf({ properties: { a: { format: 'date' } } }, { formatAssertion: false }), { '/properties/a/format': 'annotation' })
  t.match(howOf({ sherbet: 1 }, { unknownKeywords: 'ignore' }), { '/sherbet': 'annotation' })
  t.end()
})

t.test('what validate would refuse is refused, with its reason', (t) => {
  for (const json of [
    { sherbet: 1 },
    { pattern: '(?i)a' },
    { minimum: 'x' },
    { format: 'sherbet' },
    { $ref: 'https://example.org/none' },
  ]) {
    const refused = explain(json as never).filter(({ how }) => how === 'refused')
    t.equal(refused.length, 1, JSON.stringify(json))
    t.type(refused[0]?.note, 'string')
  }
  t.end()
})

t.test('a definition that nothing refers to', (t) => {
  const found = explain({ $defs: { unused: { pattern: '^(?=a' } } } as never)
  t.match(found.at(-1), { pointer: '/$defs/unused/pattern', how: 'annotation', note: /nothing leads here/ })
  t.end()
})

t.test('a builder schema', (t) => {
  t.ok(
    explain(schema({ a: field.integer().min(1), b: field.string().format('email').optional() })).every(
      ({ how }) => how === 'compiled' || how === 'annotation',
    ),
  )
  t.end()
})

t.test('a schema over its limit', (t) => {
  const large = { enum: Array.from({ length: 100 }, (_, at) => at) }
  t.throws(() => explain(large, { schemaBytesMax: 100 }), { code: 'schema/too-large', message: /schemaBytesMax \(100\)/ })
  t.throws(() => validate(large, { schemaBytesMax: 100 }), { code: 'schema/too-large' })
  t.doesNotThrow(() => validate(large, { schemaBytesMax: 1_000 }))
  t.throws(() => validate(large, { schemaBytesMax: 0 }), { code: 'option/invalid' })
  t.end()
})

t.test('what is no schema at all', (t) => {
  t.throws(() => explain('x' as never), { code: 'schema/invalid' })
  t.throws(() => explain({}, { formatAssertion: true, unknownKeywords: 'drop' as never }), { code: 'option/invalid' })
  t.end()
})
