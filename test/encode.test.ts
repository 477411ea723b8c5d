import { inspect } from 'node:util'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { encodeRecord } from 'sluice'
import t from 'tap'

/** The text of a record, member by member, as its documentation says it. */
function slowly(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(slowly).join(',')}]`
  if (typeof value === 'bigint') return String(value)
  if (Object.is(value, -0)) return '-0'
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${slowly(member)}`).join(',')}}`
}

const name = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'toString', '0', '12', '-1', 'a/b', '\ud800'),
  fc.string({ maxLength: 3 }),
)
const scalar = fc.oneof(
  ...[fc.string({ unit: 'binary' }), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.boolean(), fc.bigInt()],
  fc.constantFrom(-0, null, undefined, '', '\ud800', '\u2028', 1e21, 5e-324),
)

t.test('every record has the text that its members have one by one', async (t) => {
  const { record } = fc.letrec((tie) => ({
    record: fc.dictionary(name, fc.oneof({ weight: 8, arbitrary: scalar }, tie('record'), fc.array(fc.integer())), {
      noNullPrototype: false,
    }),
  }))
  fc.assert(
    fc.property(record, (each) => {
      if (encodeRecord(each) !== slowly(each)) throw new Error(`${encodeRecord(each)} is not ${slowly(each)}`)
    }),
    { numRuns: 2_000 },
  )
  t.pass('it has')
})

t.test('the text is of what a getter gave when it was looked at', (t) => {
  let reads = 0
  const record = {
    get a() {
      reads += 1
      return reads > 1 ? Number.NaN : 1
    },
    b: 'x',
  }
  t.equal(encodeRecord(record), '{"a":1,"b":"x"}')
  t.end()
})

t.test('a value without a word in JSON is told wherever it stands', (t) => {
  for (const [value, pointer] of [
    [{ a: 1, b: Number.NaN }, '/b'],
    [{ a: 1, 'c/~': () => 1 }, '/c~1~0'],
    [{ a: { b: [0, { c: Symbol('x') }] } }, '/a/b/1/c'],
    [{ ['__proto__']: 1, a: new Map() }, '/a'],
  ] as const) {
    t.throws(() => encodeRecord(value), { code: 'input/record', message: new RegExp(JSON.stringify(pointer)) })
  }
  t.end()
})

class Row {
  a = 1
  #hidden = 2
  get b() {
    return this.#hidden
  }
}
class Sometime extends Date {
  override toJSON() {
    return null as unknown as string
  }
}

t.test('an object whose content is not in its properties is told, whatever its prototype', (t) => {
  const content = new Map([['a', 1]])
  const hidden: object[] = [
    ...[content, new Set([1]), new WeakMap(), new WeakSet(), Promise.resolve(1), /a/, new Error('no'), Object('a'), Object(1), Object(1n)],
    ...[new ArrayBuffer(1), new SharedArrayBuffer(1), new DataView(new ArrayBuffer(1)), new Uint8Array(1), new WeakRef({})],
    ...[[1].values(), content.entries(), new Set().values(), (function* () {})(), (async function* () {})(), new Intl.NumberFormat()],
    ...[new URLSearchParams('a=1'), new Headers(), new Blob(['a']), new FormData(), new AbortController().signal, new Event('a')],
    ...[
      new (class extends URLSearchParams {
        own = 1
      })(),
      new (class extends Map {
        own = 1
      })(),
      new Proxy(content, {}),
      runInNewContext('new Map()'),
      runInNewContext('new Error("no")'),
    ],
    ...[content.entries(), new Set(), /a/, new Error('no'), Object(1), new ArrayBuffer(1), (function* () {})()].map((each) =>
      Object.setPrototypeOf(each, null),
    ),
    ...[new Map(), Promise.resolve(1)].map((each) => Object.setPrototypeOf(each, Row.prototype)),
    ...[new Date(Number.NaN), runInNewContext('new Date(NaN)'), Object.setPrototypeOf(new Date(0), null)],
  ]
  for (const value of hidden)
    for (const record of [value, { a: value }, [value]]) t.throws(() => encodeRecord(record), { code: 'input/record' }, inspect(value))
  t.end()
})

t.test('other objects are their own enumerable properties, or what toJSON gives', (t) => {
  const cases: [unknown, string][] = [
    [new Row(), '{"a":1}'],
    [new (class {})(), '{}'],
    [Object.create({ a: 1 }), '{}'],
    [Object.create(null), '{}'],
    [Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
    [runInNewContext('({ a: 1 })'), '{"a":1}'],
    [{ [Symbol.toStringTag]: 'Map', a: 1 }, '{"a":1}'],
    [Buffer.from('a'), '{"type":"Buffer","data":[97]}'],
    [new URL('http://a/'), '"http://a/"'],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
    [new Sometime(0), 'null'],
    [Object.assign(new Map(), { toJSON: () => [1] }), '[1]'],
  ]
  for (const [value, text] of cases) t.equal(encodeRecord(value), text)
  t.end()
})
