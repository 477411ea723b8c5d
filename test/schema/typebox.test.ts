import { Type } from '@sinclair/typebox'
import { checkRecord, fromJSONSchema, type JSONSchemaObject, validate } from 'sluice'
import t from 'tap'

/** A node as typebox 1 makes it: what JSON Schema has no word for is not enumerable. */
function typebox1(json: object, hidden: Record<string, unknown>): JSONSchemaObject {
  const descriptors = Object.entries(hidden).map(([name, value]) => [name, { value, configurable: true, writable: true }])
  return Object.defineProperties({ ...json }, Object.fromEntries(descriptors))
}

const transform = Type.Transform(Type.String())
  .Decode((value) => value)
  .Encode((value) => value)

t.test('what is not in the JSON Schema is refused wherever a schema is taken', (t) => {
  const lossy: [object, RegExp][] = [
    [transform, /Transform/],
    [Type.Date(), /kind Date/],
    [typebox1({ type: 'string' }, { '~kind': 'String', '~refine': [{ check: () => false, error: () => 'no' }] }), /Refine/],
    [typebox1({ type: 'string' }, { '~kind': 'String', '~codec': { decode: Number, encode: String } }), /Codec/],
    [typebox1({ type: 'bigint' }, { '~kind': 'BigInt' }), /kind BigInt/],
    [typebox1({}, { '~kind': 'Mine' }), /kind Mine/],
    [typebox1({ type: 'string' }, { '~kind': 'String', '~later': true }), /~later/],
  ]
  for (const [node, message] of lossy) {
    const schema = { type: 'object', properties: { a: { type: 'array', items: node } } } as JSONSchemaObject
    const refusal = { code: 'schema/lossy', message: new RegExp(`${message.source}.*"/properties/a/items"`) }
    t.throws(() => validate(schema), refusal)
    t.throws(() => fromJSONSchema(schema), refusal)
    t.throws(() => checkRecord(schema, {}), refusal)
    t.throws(() => validate({ $ref: 'https://example.org/a' }, { references: { 'https://example.org/a': schema } }), refusal)
  }
  t.end()
})

t.test('what asks nothing more of a record passes', (t) => {
  const optional = typebox1({ type: 'string' }, { '~kind': 'String', '~optional': true, '~readonly': true, '~immutable': true })
  const schema = typebox1({ type: 'object', properties: { a: optional, '~refine': { type: 'integer' } } }, { '~kind': 'Object' })
  t.strictSame(checkRecord(schema, { a: 'x', '~refine': 1 }), [])
  t.match(checkRecord(schema, { a: 1, '~refine': 'x' }), [{ pointer: '/a' }, { pointer: '/~0refine' }], 'a field may have any name')
  t.end()
})

t.test('tuples, which it says in the words of draft-07', (t) => {
  const open = { type: 'array', items: [{ type: 'string' }], minItems: 1 }
  const cases: [object, unknown[], unknown[]][] = [
    [Type.Tuple([Type.String(), Type.Integer()]), [['a', 1]], [[], ['a'], ['a', 'b'], ['a', 1, 2], [1, 'a'], 'a']],
    [Type.Tuple([]), [[]], [['a'], {}]],
    [Type.Tuple([Type.Tuple([Type.Null()])]), [[[null]]], [[[]], [null], [[1]]]],
    [typebox1({ ...open, additionalItems: false }, { '~kind': 'Tuple' }), [['a']], [[], ['a', 'b'], [1]]],
    [typebox1(open, { '~kind': 'Tuple' }), [['a'], ['a', 1]], [[], [1]]],
    [typebox1({ ...open, additionalItems: { type: 'integer' } }, { '~kind': 'Tuple' }), [['a'], ['a', 1]], [['a', 'b']]],
  ]
  for (const [node, good, bad] of cases) {
    const schema = fromJSONSchema({ type: 'object', properties: { a: node } }).toJSONSchema()
    for (const a of good) t.strictSame(checkRecord(schema, { a }), [], JSON.stringify([node, a]))
    for (const a of bad) t.not(checkRecord(schema, { a }).length, 0, JSON.stringify([node, a]))
  }
  const plain = { properties: { a: { type: 'array', items: [{ type: 'string' }] } } } as unknown as JSONSchemaObject
  t.throws(() => checkRecord(plain, {}), { code: 'schema/invalid' }, 'a schema of nobody is not of draft-07')
  t.end()
})
