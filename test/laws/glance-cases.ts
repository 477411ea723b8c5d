import fc from 'fast-check'

/** Texts at the edges of what schemas ask of texts, cells and formats. */
const edges = [
  ...[
    '',
    'a',
    'ab',
    'abc',
    'AB-12',
    'AB-1',
    'é',
    '😀',
    '\ud800',
    'a\u2028',
    ' 1',
    '1 ',
    'NA',
    '-',
    'null',
    'true',
    'false',
    'TRUE',
    'x'.repeat(1_001),
  ],
  ...['0', '-0', '00', '1', '01', '-1', '+1', '1.0', '1.', '.5', '0.1', '0.10', '1e3', '1E-2', '42', '100', '1e400', '9007199254740993'],
  ...['0.30000000000000004', '0.3', '123456789012345', '1234567890123456', '999999999999.99', '0.010000000000000001', '１'],
  ...['2024-02-29', '2023-02-29', '2024-04-31', '2024-12-31', '2024-13-01', '0000-01-01', '2024-02-29T12:00:00Z', '2024-01-01t00:00:00z'],
  ...['2016-12-31T23:59:60Z', '2024-01-30T24:00:00Z', '2024-01-31T23:59:59.123456789+23:59', '2024-01-31T00:00:00.+01:00', '12:00:00Z'],
  ...['a@b', 'a.b+c@d-e.fg', '.a@b', 'a@-b', 'a@b..c', `${'a'.repeat(65)}@b`, '"a b"@c', 'a@[127.0.0.1]', 'xn--a', 'a-.b', 'example.com'],
  ...['127.0.0.1', '01.2.3.4', '256.1.1.1', '1.2.3', '1:2:3:4:5:6:7:8', '::1', '1:2:3:4:5:6:7', '00000000-0000-0000-0000-00000000000g'],
  ...['123e4567-e89b-12d3-a456-426614174000', 'https://a.b/c?d#e', 'http://a:99999/%zz', 'https://a b', 'urn:a', '/a', 'P1D'],
]

const formats = ['date-time', 'date', 'time', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid', 'uri', 'duration', 'regex']
const shapes: Record<string, RegExp> = {
  'date-time': /^\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d(?:\.\d{1,3})?(?:Z|[+-][0-2]\d:[0-5]\d)$/,
  date: /^\d{4}-[01]\d-[0-3]\d$/,
  time: /^[0-2]\d:[0-5]\d:[0-6]\d(?:Z|[+-][0-2]\d:[0-5]\d)$/,
  email: /^[a-b._+-]{1,4}@[a-b.-]{1,6}$/,
  hostname: /^[a-b.-]{1,8}$/,
  ipv4: /^[0-2]?\d?\d\.[0-2]?\d\d\.\d{1,3}\.\d{1,3}$/,
  ipv6: /^(?:[0-9a-f]{0,2}:){6,8}[0-9a-g]{0,5}$/,
  uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9A-F]{4}-[0-9a-f]{4}-[0-9a-g]{12}$/,
  uri: /^https?:\/\/[a-b.:-]{1,5}(?:\/[a-b%:@é]{0,3})?(?:\?[a-b?#]{0,3})?$/,
}
const formatText = fc.oneof(...Object.values(shapes).map((shape) => fc.stringMatching(shape)))

/** One edit, so that what is almost right comes often. */
const edited = fc
  .tuple(fc.oneof(formatText, fc.constantFrom(...edges)), fc.nat(40), fc.constantFrom('', '0', 'a', '-', '.', ':', '\n', 'é'))
  .map(([text, at, put]) => text.slice(0, at) + put + text.slice(at + 1))

export const someText = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...edges) },
  { weight: 4, arbitrary: formatText },
  { weight: 2, arbitrary: edited },
  { weight: 3, arbitrary: fc.stringMatching(/^[A-C]{1,3}-?[0-2]{0,3}$/) },
  { weight: 3, arbitrary: fc.integer({ min: -3, max: 120 }).map(String) },
  { weight: 3, arbitrary: fc.double({ min: -3, max: 120, noNaN: true }).map((value) => value.toFixed(2)) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
)

const someNumber = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -3, max: 120 }) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(0, -0, 0.1, 0.01, 0.3, 0.1 + 0.2, 1e21, 2 ** 53, 2 ** 53 + 2, -(2 ** 53), 1e300, 5e-324, Number.MAX_VALUE),
  },
  { weight: 2, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
)

class Other {
  a = 'abc'
}

/** Any value that may stand in an object; a few have no word in JSON. */
export const someValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 10, arbitrary: someText },
  { weight: 8, arbitrary: someNumber },
  { weight: 4, arbitrary: fc.constantFrom(true, false, null, undefined) },
  { weight: 1, arbitrary: fc.oneof(fc.constantFrom(new Date(0), new Other(), { a: 1 }, [], [1]), fc.bigInt()) },
)

const bound = fc.constantFrom(0, -0, 1, -1, 2, 0.1, 0.01, 0.3, 100, 99.99, 2 ** 53, -(2 ** 53), 1e21, 1e300, 5e-324)
const patterns = [
  ...[
    '^[A-Z]{2}-[0-9]{2}$',
    '^[A-C]+',
    '[0-9]$',
    '^a?b?c?$',
    '^(?:a|ab)(?:c|bcd)?$',
    '^(EUR|USD|AB-12)$',
    '^.{2,3}$',
    '^\\S+$',
    '^\\d{4}-\\d{2}',
    'b',
  ],
  ...[
    '^[^,]*$',
    '^\\w+@\\w+$',
    '^(a+)+$',
    '^(?!a)',
    '^(.)\\1$',
    '^a|b$',
    '^$',
    '',
    '^é$',
    '^[\\w.-]+$',
    '^\\x41',
    '^-?[0-9]+(?:\\.[0-9]+)?$',
  ],
]
const member = fc.oneof(fc.constantFrom('abc', 'AB-12', '1', '😀', '', 'NA', 1, 0, 0.1, 1e21, true, false, null), someNumber)
const names = ['string', 'integer', 'number', 'boolean', 'null', 'object', 'array']
const type = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('string', 'integer', 'number', 'boolean') },
  {
    weight: 3,
    arbitrary: fc.constantFrom(['string', 'null'], ['null', 'integer'], ['number', 'null'], ['boolean', 'null'], ['string', 'integer']),
  },
  { weight: 1, arbitrary: fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 }) },
)

/** What a schema may say of a field: often little, at times what no glance understands. */
export const someField = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .tuple(
        fc.option(type, { freq: 5, nil: undefined }),
        fc.record(
          {
            minimum: bound,
            maximum: bound,
            exclusiveMinimum: bound,
            exclusiveMaximum: bound,
            multipleOf: fc.constantFrom(1, 2, 3, 0.5, 0.1),
            minLength: fc.nat(4),
            maxLength: fc.constantFrom(0, 1, 2, 3, 36, 2_000),
            pattern: fc.constantFrom(...patterns),
            format: fc.constantFrom(...formats),
            enum: fc.array(member, { minLength: 1, maxLength: 5 }),
            const: member,
            'x-missing': fc.constantFrom([], ['-'], ['NA', '']),
            title: fc.constant('a title'),
          },
          { requiredKeys: [] },
        ),
        // Where all keywords speak at once hardly anything passes.
        fc.array(fc.nat(9), { minLength: 12, maxLength: 12 }),
      )
      .map(([named, keywords, dice]) => {
        const kept = Object.entries(keywords).filter((_, at) => (dice[at] ?? 0) < 2)
        return { ...(named !== undefined && { type: named }), ...Object.fromEntries(kept) }
      }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      true,
      false,
      {},
      { not: { type: 'null' } },
      { anyOf: [{ type: 'string' }, { type: 'integer' }] },
      { items: {} },
    ),
  },
)

export const keys = ['a', 'b', 'c', 'd', '1', 'e/f', 'ä']

/** A schema of records, nearly always one that a glance understands. */
export const someSchema = fc
  .tuple(
    fc.uniqueArray(fc.tuple(fc.constantFrom(...keys), someField), { selector: ([name]) => name, maxLength: 5 }),
    fc.subarray(keys),
    fc.option(fc.boolean(), { nil: undefined }),
    fc.oneof(
      { weight: 12, arbitrary: fc.constant({}) },
      { weight: 1, arbitrary: fc.constantFrom({ minProperties: 2 }, { maxProperties: 1 }, { required: ['z'] }) },
    ),
  )
  .map(([fields, needed, additionalProperties, more]) => ({
    type: 'object',
    properties: Object.fromEntries(fields),
    required: needed.filter((name) => fields.some(([known]) => known === name)),
    ...(additionalProperties !== undefined && { additionalProperties }),
    ...more,
  }))

/** Of each kind of object that a program may send, the one with these members. */
const kinds: ((members: Record<string, unknown>) => unknown)[] = [
  (members) => Object.assign(Object.create(null), members),
  (members) => Object.assign(new Other(), members),
  (members) => Object.assign(Object.create({ a: 1 }), members),
  (members) => Object.freeze(members),
  (members) => new Proxy(members, {}),
  (members) => Object.defineProperty(members, 'b', { value: 'abc', enumerable: false }),
  (members) => Object.defineProperty(members, 'a', { get: () => 'abc', enumerable: true }),
  (members) => ({ ...members, toJSON: () => ({ a: 1 }) }),
  (members) => ({ ...members, [Symbol('a')]: 1 }),
  (members) =>
    JSON.parse(`{"__proto__": 1, "a": ${JSON.stringify(members['a'] ?? null, (_, value) => (typeof value === 'bigint' ? 1 : value))}}`),
  (members) => Object.values(members),
  (members) => (typeof members['a'] === 'string' ? 7 : (members['a'] ?? 7)),
  () => Object.setPrototypeOf(['abc'], Object.prototype),
  (members) => Object.setPrototypeOf(new Map([['a', members['a']]]), Object.prototype),
]

function recordOf(value: fc.Arbitrary<unknown>): fc.Arbitrary<Record<string, unknown>> {
  const members = fc.uniqueArray(fc.tuple(fc.constantFrom(...keys, 'other'), value), { selector: ([name]) => name, maxLength: 6 })
  return members.map((entries) => Object.fromEntries(entries))
}

/** Hundreds of records in a few orders of keys; now and then one of another kind. */
export function someRecords(cells: boolean): fc.Arbitrary<unknown[]> {
  const value = cells ? fc.oneof({ weight: 20, arbitrary: someText }, { weight: 1, arbitrary: someValue }) : someValue
  const alike = fc.tuple(
    fc.shuffledSubarray(keys, { minLength: 1 }),
    fc.array(fc.array(value, { minLength: 7, maxLength: 7 }), { minLength: 40, maxLength: 80 }),
  )
  const ofOneShape = alike.map(([names, rows]) => rows.map((row) => Object.fromEntries(names.map((name, at) => [name, row[at]]))))
  const any = recordOf(value).map((one) => [one])
  const odd = fc.tuple(recordOf(value), fc.constantFrom(...kinds)).map(([members, kind]) => [kind(members)])
  const parts = fc.tuple(
    fc.array(ofOneShape, { minLength: 4, maxLength: 6, size: 'max' }),
    fc.array(fc.oneof({ weight: 2, arbitrary: any }, { weight: 1, arbitrary: odd }), { minLength: 20, maxLength: 40, size: 'max' }),
  )
  return parts
    .chain(([alike, others]) => fc.shuffledSubarray([...alike, ...others], { minLength: alike.length + others.length }))
    .map((all) => all.flat().filter((one) => one !== null && one !== undefined))
}
