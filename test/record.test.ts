import { checkRecord, encodeRecord } from 'sluice'
import t from 'tap'

const rules = {
  type: 'object',
  properties: { id: { type: 'integer' }, name: { type: 'string', minLength: 2, pattern: '^[A-Z]' } },
  required: ['id'],
} as const

t.test('all violations of a value, as data', (t) => {
  t.strictSame(checkRecord(rules, { id: 1, name: 'Ada' }), [])
  const found = checkRecord(rules, { name: 'x' })
  t.strictSame(found.map(({ code }) => code).sort(), ['minLength', 'pattern', 'required'])
  t.match(
    found.find(({ code }) => code === 'minLength'),
    {
      keyword: 'minLength',
      field: 'name',
      pointer: '/name',
      value: 'x',
      params: { minLength: 2 },
      source: null,
      record: 1,
      line: null,
      byte: null,
    },
  )
  for (const { message } of found) t.match(message, /^.{5,}$/)
  t.end()
})

t.test('any value may be a record', (t) => {
  for (const value of [null, true, 0, -1.5, 10n ** 30n, '', 'a\nb', [], [[{}]], {}])
    t.strictSame(checkRecord(true, value), [], String(value))
  for (const value of [null, true, 0, '', []]) t.match(checkRecord(rules, value), [{ code: 'type', field: null, pointer: '' }])
  t.match(checkRecord(false, 1).length, 1)
  t.throws(() => checkRecord(rules, undefined), { code: 'input/record' })
  t.end()
})

t.test('a large value is no violation by its size', (t) => {
  t.strictSame(checkRecord(true, { text: 'x'.repeat(20_000_000) }), [])
  t.end()
})

t.test('a schema that cannot be compiled', (t) => {
  t.throws(() => checkRecord({ foo: 1 } as never, {}), { code: 'schema/keyword', message: /\/foo/ })
  t.throws(() => checkRecord(null as never, {}), { name: 'SluiceError' })
  t.end()
})

t.test('the JSON text of a record', (t) => {
  const texts: [unknown, string][] = [
    [{ b: 1, a: [true, null] }, '{"b":1,"a":[true,null]}'],
    [{ a: undefined, b: '"\\\n\u2028' }, '{"b":"\\"\\\\\\n\u2028"}'],
    [-0, '-0'],
    [1e21, '1e+21'],
    [123456789012345678901234567890n, '123456789012345678901234567890'],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
    [{ toJSON: () => ({ a: 1n }) }, '{"a":1}'],
    [JSON.parse('{"__proto__":1}'), '{"__proto__":1}'],
    [Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
    [
      new (class A {
        a = 1
        #b = 2
        get c() {
          return this.#b
        }
      })(),
      '{"a":1}',
    ],
    ['\ud800', '"\\ud800"'],
  ]
  for (const [value, expected] of texts) t.equal(encodeRecord(value), expected)
  t.end()
})

t.test('what JSON has no word for', (t) => {
  const cycle: unknown[] = []
  cycle.push(cycle)
  const boxes = [
    Object(1n),
    Object(Symbol('a')),
    Promise.resolve(),
    new WeakMap(),
    /a/,
    new Error('a'),
    new ArrayBuffer(3),
    new Uint8Array(2),
    Object('a'),
    Object(1),
  ]
  for (const value of [undefined, Number.NaN, () => 1, Symbol('a'), new Map(), new Set(), cycle, [undefined], new Array(2)]) {
    t.throws(() => encodeRecord(value), { code: 'input/record' })
  }
  for (const value of boxes) t.throws(() => encodeRecord(value), { code: 'input/record' }, Object.prototype.toString.call(value))
  t.throws(() => encodeRecord({ 'a/b': { c: Number.NaN } }), { message: /"\/a~1b\/c"/ }, 'the place is a JSON pointer')
  t.end()
})
