import { Readable } from 'node:stream'
import { runInNewContext } from 'node:vm'
import { encodeRecord, validate } from 'sluice'
import t from 'tap'

const inside = (path: string) => import(new URL(`../../../dist/${path}`, import.meta.url).href)
const { glanceOf } = await inside('schema/glance/glance.js')
const { compilePlan, schemaTextOf } = await inside('native.js')
const noGlance = { [Symbol.for('sluice.test.noGlance')]: true }
const sluice = { formatAssertion: true, ignoreUnknown: false, bytesMax: 1e6, mask: [] }

type Passes = (record: unknown) => boolean

function glance(schema: object, reading: { cells?: boolean; missing?: string[] } = {}): Passes | undefined {
  const plan = compilePlan(schema, sluice)
  return glanceOf(plan, schemaTextOf(plan), {
    cells: false,
    missing: [''],
    formatAssertion: true,
    recordBytesMax: 8 << 20,
    ...reading,
  })
}

const numbers = [
  ...[0, -0, 1, -1, 1.5, 0.1, 0.3, 0.1 + 0.2, 1e15, 1e16, 1e21, 1e22, 123456789012345680000, Number.MAX_VALUE, -Number.MAX_VALUE, 5e-324],
  ...[2 ** 53 - 1, 2 ** 53, 2 ** 53 + 2, -(2 ** 53), 2 ** 64, 4.35, 1.005, 99.99, 100, 120],
]
const unsayable = [Number.NaN, Number.POSITIVE_INFINITY, 1e400, Symbol('a'), () => 1]
const objects = [
  ...[new Date(0), {}, [], ['abc'], { a: 1 }, 1n, 2n ** 64n, Object('abc'), Object(1), Object(true), /a/, new Map(), new Error('no')],
]
const words = [
  '',
  'a',
  'ab',
  'abc',
  'abcd',
  'ABC',
  'a b',
  'a-b',
  'a.b',
  'é',
  'ß',
  'ab\n',
  '\nab',
  'a\r',
  'a\u2028',
  '\u00a0',
  '\ufeff',
  '\u180e',
]
const beyond = [
  '😀',
  '😀😀',
  'a😀',
  '\ud800',
  '\udc00a',
  'a\ud83d',
  'e\u0301',
  '\u0000',
  '１',
  'ſ',
  'K',
  'İ',
  'x'.repeat(999),
  'x'.repeat(1_001),
]
/** Texts that stand between blanks. */
const listed = (text: string) => text.trim().split(/\s+/)
const cells = [
  ...[' 1', '1 ', '1\n', ' true', 'a@b ', ' a@b', '"a b"@c', '1.2.3.4 ', 'http://a/ b', '2024-01-01 ', '2024-01-01 00:00:00Z'],
  ...listed(`+1 -0 00 007 1. .5 1.0 1.50 1e3 1E3 0x10 1_000 1,5 NaN Infinity - --1 -1.5 9007199254740991 9007199254740993 999999999999999
    1000000000000000 0.30000000000000004 0.3000000000000000444 true false True TRUE null NULL NA N/A undefined [] {} "1" ０`),
]
const times = listed(`
  2024-02-29 2023-02-29 1900-02-29 2000-02-29 2024-02-30 2024-04-31 2024-00-10 2024-13-01 0000-01-01 99999-01-01 2024-1-01 2024-01-00
  2024-01-32 ２024-01-01 2024-12-31 2024-11-30 2024-11-31 2024-02-28 2024-01-01T00:00:00Z 2024-01-01t00:00:00z 2024-01-01T24:00:00Z
  2024-01-01T23:60:00Z 2024-01-01T00:00Z 2016-12-31T23:59:60Z 2016-12-31T12:00:60Z 2017-01-01T00:59:60+01:00 2024-01-01T00:00:00
  2024-01-01T00:00:00+24:00 2024-01-01T00:00:00+23:59 2024-01-01T00:00:00-00:00 2024-01-01T00:00:00+0100 2024-01-01T00:00:00.Z
  2024-01-01T00:00:00,5Z 2024-01-01T00:00:00.123456789Z 2024-01-01T00:00:00.${'1'.repeat(30)}Z 2024-02-30T00:00:00Z 12:00:00Z 12:00:00
  23:59:60Z 12:00:00+01:60 24:00:00Z P1D P1Y2M3DT4H5M6S P`)
const addresses = listed(`
  a@b a@b.c a.b@c .a@b a.@b a..b@c a@-b a@b- a@b-.c a@b--c a@b..c a@ @b a@b@c A_+-1@B "a"@b o'hara@b a@[127.0.0.1] a@[IPv6:::1] é@b a@é
  a@1.2.3.4 a@xn--a a@b. ${'a'.repeat(64)}@b ${'a'.repeat(65)}@b a@${'b'.repeat(62)} a@${'b'.repeat(63)} a@${'b'.repeat(64)}
  example.com a-.b -a.b a_b xn--zz XN--a.b a.b. .a ${'a'.repeat(63)} ${'a'.repeat(64)} 127.0.0.1 01.2.3.4 1.2.3.256 1.2.3 1.2.3.4.5
  :: ::1 1:2:3:4:5:6:7:8 1:2:3:4:5:6:7 1:2:3:4:5:6:7:: 1::2::3 ::ffff:1.2.3.4 1:2:3:4:5:6:7:8:9 12345:: fe80::1%eth0 g:: 1:2:3:4:5:6:1.2.3.4
  123e4567-e89b-12d3-a456-426614174000 123E4567-E89B-12D3-A456-426614174000 {123e4567-e89b-12d3-a456-426614174000}
  123e4567e89b12d3a456426614174000 00000000-0000-0000-0000-00000000000g 00000000-0000-0000-0000-000000000000
  http://a HTTP://a http:// http:///a https://a.b:80/c?d=e#f http://a:99999/ http://a:/ http://a:b/ http://a/%zz http://a/%20 http://u:p@a/
  http://[::1]/ http://a/é http://a/[ http://a?b#c#d http://a/b|c mailto:a@b urn:a //a /a http://a-/b http://-a/ http://a_b/ /~0/~1 /~2`)
const values: unknown[] = [null, true, false, ...numbers, ...words, ...beyond, ...cells, ...times, ...addresses]

const patterns = listed(String.raw`
  ^[a-c]+$ ^\d+$ \d ^\w+$ \bab\b ^.$ ^..$ . ^\s$ \S ^[^a]+$ ^\W$ ^\D+$ a$ ^a ^$ ^[\w.-]+$ ^(?:a|ab)(?:c|bcd)?$ (?<=a)b ^(.)\1 ^\p{L}+$ ^[😀]$
  ^\u{1F600}$ ^é$ ^[\d-]+$ ^a{2,3}$ ^(?i:a)$ ^[à-ÿ]$ ^a\n?$ ^[A-Z]{3}$ ^a|b$ ^(?:a|b$) a{0} ^[^]$ ^[]$ ^[\s\S]$ ^[--a]$ ^\x61$`)
const formats = listed(
  'date-time date time duration email idn-email hostname idn-hostname ipv4 ipv6 uri uri-reference iri uuid json-pointer regex',
)
const bounds = [0, 1, 0.3, 0.1 + 0.2, 99.99, 2 ** 53, 1e21, 5e-324, -1.5]
const types = [
  'string',
  'integer',
  'number',
  'boolean',
  'null',
  ['string', 'null'],
  ['integer', 'null'],
  ['null', 'boolean'],
  ['integer', 'string'],
]
const isAccepted = (field: object) => {
  try {
    compilePlan({ properties: { a: field } }, sluice)
    return true
  } catch {
    return false
  }
}
const fields: object[] = [
  {},
  ...types.map((type) => ({ type })),
  ...[0, 1, 2, 3, 1_000].flatMap((length) => [
    { minLength: length },
    { maxLength: length },
    { type: 'string', maxLength: length, minLength: length },
  ]),
  ...['', ...patterns].flatMap((pattern) => [{ pattern }, { type: 'string', pattern, maxLength: 2 }]),
  ...formats.flatMap((format) => [{ format }, { type: ['string', 'null'], format }]),
  ...bounds.flatMap((bound) => [{ minimum: bound }, { type: 'number', maximum: bound }, { type: 'number', exclusiveMinimum: bound }]),
  ...bounds.flatMap((bound) => [
    { type: ['integer', 'null'], exclusiveMaximum: bound },
    { type: 'integer', minimum: bound },
    { const: bound },
  ]),
  ...[1, 2, 3, 0.1, 2 ** 53, 1e21].flatMap((multipleOf) => [
    { multipleOf },
    { type: 'number', multipleOf },
    { type: 'integer', multipleOf },
  ]),
  { enum: ['a', 1, true, null, '😀', '1', -0] },
  { enum: ['ABC', 'NA', ''], maxLength: 2 },
  { enum: ['a', '😀', null], type: ['string', 'null'], minLength: 2 },
  { enum: [1, '1', 1.5], type: 'integer' },
  { enum: [{ a: 1 }, [], 'abc'] },
  { const: null },
  { const: 'abc', pattern: '^ab' },
  { enum: [] },
  { enum: ['NA', 'a'], type: 'string', 'x-missing': ['NA'] },
  ...[[], ['-'], ['1'], ['NA', ''], [' ']].flatMap((tokens) =>
    ['string', 'integer', ['number', 'null'], ['boolean', 'null']].map((type) => ({ type, 'x-missing': tokens })),
  ),
].filter(isAccepted)

async function refusedBy(schema: object, records: readonly unknown[], options: object): Promise<unknown[]> {
  const gate = validate(schema, { ...options, allowEmpty: true, ...noGlance })
  const refused: unknown[] = []
  gate.on('refused', ({ violations }) => refused.push(violations))
  await Readable.from(records).pipe(gate).resume().toArray()
  return refused
}

t.test('no value at an edge of a field passes that Rust refuses', async (t) => {
  const seen = { asked: 0, passed: 0 }
  for (const field of fields) {
    for (const required of [[], ['a']]) {
      for (const reading of [{ cells: false }, { cells: true }, { cells: true, missing: ['NA', '1'] }, { cells: true, missing: [] }]) {
        const schema = { type: 'object', properties: { a: field }, required }
        const passes = glance(schema, reading)
        if (!passes) continue
        const records = values.map((a) => ({ a }))
        const passed = records.filter(passes)
        seen.asked += records.length
        seen.passed += passed.length
        t.strictSame(await refusedBy(schema, passed, reading), [], JSON.stringify([schema, reading]))
        for (const a of [...unsayable, ...objects, undefined].slice(0, required.length > 0 ? undefined : -1))
          if (passes({ a })) t.fail(`${typeof a} ${String(a)} passes ${JSON.stringify(schema)}`)
      }
    }
  }
  t.comment(JSON.stringify(seen))
  t.ok(seen.passed > seen.asked / 10, 'there were many that passed')
})

t.test('what is not plain data is for Rust', (t) => {
  const passes = glance({ properties: { a: { type: 'string' }, b: { type: 'integer' } }, required: ['a'] }) as Passes
  const plain = () => ({ a: 'x', b: 1 })
  class Row {
    a = 'x'
  }
  for (let time = 0; time < 50; time++) {
    // The order of keys is learnt meanwhile.
    for (const record of [plain(), { b: 1, a: 'x' }, { 1: 'x', a: 'x' }, { a: 'x', [Symbol('b')]: Number.NaN }])
      t.ok(passes(record), `${encodeRecord(record)}`)
    for (const record of [Object.assign(Object.create(null), plain()), Object.freeze(plain()), new Proxy(plain(), {})]) t.ok(passes(record))
    for (const record of [
      ...[new Row(), Object.assign(Object.create({ b: 1 }), { a: 'x' }), Object.assign(Object.create({ a: 'x' }), { b: 1 })],
      ...[['x'], Object.setPrototypeOf(['x'], Object.prototype), Object.setPrototypeOf(['x'], null), new (class extends Array {})()],
      ...[
        Object.assign(['x'], plain()),
        Object.setPrototypeOf(Object.assign([], plain()), Object.prototype),
        new Proxy([], { getPrototypeOf: () => Object.prototype }),
      ],
      ...[{ ...plain(), toJSON: () => ({}) }, { ...plain(), toJSON: 1 }, Object.defineProperty(plain(), 'toJSON', { value: () => ({}) })],
      ...[
        Object.defineProperty(plain(), 'a', { enumerable: false }),
        JSON.parse('{"__proto__":1,"a":"x"}'),
        runInNewContext('({ a: "x", b: 1 })'),
      ],
      ...[
        { a: 'x', b: { c: 1 } },
        { a: 'x', c: [] },
        { a: 'x', c: 1n },
        { a: 'x', c: Symbol('c') },
        { a: 'x', c: () => 1 },
        { a: 'x', c: Number.NaN },
      ],
      ...[
        { b: 1 },
        { a: undefined, b: 1 },
        { a: 'x', '\ud800': 1 },
        { a: 'x', ['k'.repeat(101)]: 1 },
        { a: '\ud800' },
        { a: 'x', c: '\udfff' },
      ],
      ...[
        Object.fromEntries([['a', 'x'], ...Array.from({ length: 256 }, (_, at) => [`k${at}`, 1])]),
        null,
        undefined,
        'x',
        1,
        true,
        () => 1,
      ],
      Object.fromEntries(Array.from({ length: 9 }, (_, at) => [String.fromCharCode(97 + at), at === 1 ? 1 : 'x'.repeat(600)])),
    ])
      if (passes(record)) t.fail(`it passes: ${typeof record === 'object' ? JSON.stringify(record) : String(record)}`)
  }
  t.end()
})

t.test('what has no keys is for the encoder, which knows what has lost its prototype', (t) => {
  const passes = glance({ properties: { a: { type: 'string' } } }) as Passes
  for (let time = 0; time < 50; time++)
    for (const record of [{}, Object.create(null), Object.setPrototypeOf(new Map(), null)]) if (passes(record)) t.fail('it passes')
  t.ok(passes({ a: 'x' }))
  t.end()
})

t.test('each value is read once', (t) => {
  const passes = glance({ properties: { a: { type: 'integer', minimum: 0, maximum: 9 } } }) as Passes
  let reads = 0
  const record = {
    get a() {
      reads += 1
      return reads === 1 ? 1 : -1
    },
  }
  t.ok(passes(record))
  t.equal(reads, 1)
  t.throws(
    () =>
      passes({
        get a() {
          throw new Error('mine')
        },
      }),
    { message: 'mine' },
  )
  t.end()
})
