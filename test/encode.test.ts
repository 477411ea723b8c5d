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
