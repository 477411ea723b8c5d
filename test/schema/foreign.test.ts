import { Readable } from 'node:stream'
import { Kind, Type } from '@sinclair/typebox'
import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import fc from 'fast-check'
import { type AnySchema, explain, type Refusal, readReferences, schema, validate } from 'sluice'
import t from 'tap'
import * as v from 'valibot'
import * as z from 'zod'
import { runText } from '../transforms/run-validate.js'

/** The refused ones of `values`, by index, with the paths that a library's own rules name. */
async function refusedBy(schema: AnySchema, values: unknown[]): Promise<Map<number, Refusal>> {
  const refused = new Map<number, Refusal>()
  const check = validate(schema)
  check.on('refused', (refusal: Refusal) => refused.set(refusal.index, refusal))
  let valid = 0
  for await (const _ of Readable.from(values).pipe(check)) valid += 1
  t.equal(valid + refused.size, values.length)
  return refused
}

const order = z
  .object({
    id: z.int().min(1),
    name: z.string().min(2).max(6),
    code: z.string().regex(/^[a-c]+$/i),
    email: z.email().optional(),
    kind: z.enum(['a', 'b']).nullable(),
    price: z.number().min(0).multipleOf(0.01),
    tags: z.array(z.union([z.string(), z.boolean()])).max(3),
    from: z.iso.date(),
    until: z.iso.date(),
  })
  .refine(({ from, until }) => from <= until, { path: ['until'], message: 'ends before it starts' })
  .superRefine(({ id, tags }, context) => {
    if (id % 7 === 0 && tags.length > 0) context.addIssue({ code: 'custom', path: ['tags', 0], message: 'no tags on sevens' })
  })

const word = fc.constantFrom('', 'a', 'ab', 'abc', 'ABC', '😀', '😀b', 'é', 'abcdef', 'abcdefg', '😀😀😀😀', 'x y')
const date = fc.constantFrom('2024-02-29', '2023-02-29', '2024-01-01', '2025-12-31', '2024-1-1', '')
const orders = fc.record(
  {
    id: fc.oneof({ weight: 8, arbitrary: fc.integer({ min: -2, max: 60 }) }, fc.constantFrom<unknown>(1.5, '1', null, 2 ** 53)),
    name: word,
    code: word,
    email: fc.constantFrom('a@b.co', 'ada@example.org', 'a@b', 'é@b.co', '"q"@b.co', 'a..b@c.co', 'A_b+c@d-e.org'),
    kind: fc.constantFrom<unknown>('a', 'b', 'c', null),
    price: fc.constantFrom<unknown>(0, 0.01, 19.99, 0.005, -1, 1e21, 1.1),
    tags: fc.array(fc.oneof(word, fc.boolean(), fc.constant(null)), { maxLength: 4 }),
    from: date,
    until: date,
  },
  { requiredKeys: ['name', 'code', 'price', 'from', 'until', 'tags', 'id', 'kind'] },
)

t.test('100,000 records: what zod refuses through Sluice is what it refuses alone, at the same paths', async (t) => {
  const likely = fc.record({
    id: fc.integer({ min: 1, max: 60 }),
    name: fc.constantFrom('ab', 'abc'),
    code: fc.constantFrom('abc', 'CAB'),
    email: fc.constantFrom('a@b.co', 'ada@example.org'),
    kind: fc.constantFrom('a', null),
    price: fc.constantFrom(0, 19.99),
    tags: fc.array(fc.constantFrom('x', true), { maxLength: 3 }),
    from: fc.constantFrom('2024-02-29', '2025-12-31'),
    until: fc.constantFrom('2024-02-29', '2025-12-31'),
  })
  const values = fc.sample(fc.oneof(likely, orders), { numRuns: 100_000, seed: 20_261_121 })
  const refused = await refusedBy(order, values)
  let [refinements, different, valid] = [0, 0, 0]
  for (const [index, value] of values.entries()) {
    const { issues = [] } = (await order['~standard'].validate(value)) as { issues?: readonly z.core.$ZodIssue[] }
    const refusal = refused.get(index)
    if (issues.length > 0 !== (refusal !== undefined)) different += 1
    if (issues.length === 0) valid += 1
    const ours = refusal?.violations ?? []
    const isRefinement = issues.length > 0 && issues.every(({ code }) => code === 'custom')
    if (isRefinement) refinements += 1
    // What passed Rust has from us all that zod says of it; what did not has all that Rust says, and zod is not asked.
    if (!isRefinement && ours[0]?.code !== 'standard/issue') continue
    const paths = issues.map(({ path }) => path.map((step) => `/${String(step)}`).join(''))
    if (ours.map(({ pointer }) => pointer).join() !== paths.join()) different += 1
  }
  t.equal(different, 0)
  t.ok(refinements > 5_000, `${refinements} break a refinement`)
  t.ok(valid > 5_000, `${valid} are valid`)
})

t.test('schemas of zod that JSON Schema says whole run in Rust alone', async (t) => {
  const plain = z.object({ id: z.int().min(1), name: z.string().regex(/^[a-z]+$/), more: z.array(z.boolean()).optional() })
  const refused = await refusedBy(plain, [
    { id: 1, name: 'a' },
    { id: 0, name: 'A' },
    { id: 1, name: 'a', more: [1] },
  ])
  t.strictSame(
    [...refused.values()].map(({ violations }) => violations.map(({ code }) => code)),
    [['minimum', 'pattern'], ['type']],
  )
})

t.test('CSV through zod: cells are typed first', async (t) => {
  const { valid, violations } = await runText(
    'id,from,until\n1,a,b\n2,b,a\nx,a,b\n',
    z.object({ id: z.number(), from: z.string(), until: z.string() }).refine((r) => r.from < r.until, { path: ['until'] }),
  )
  t.equal(valid, 'id,from,until\n1,a,b\n')
  t.strictSame(
    violations.map(({ code, rule, field, record }) => [code, rule, field, record]),
    [
      ['standard/issue', 'zod', 'until', 2],
      ['type', undefined, 'id', 3],
    ],
  )
  t.match(violations[0]?.params, { vendor: 'zod', message: 'Invalid input' })
})

t.test('what would change a record is refused by name', async (t) => {
  const text = z.string()
  const lossy: Record<string, z.ZodType> = {
    transform: text.transform((value) => value.length),
    preprocess: z.preprocess((value) => value, text),
    codec: z.stringbool(),
    trim: text.trim(),
    coercion: z.coerce.number(),
    default: text.default('x'),
    prefault: text.prefault('x'),
    catch: text.catch('x'),
    date: z.date(),
    bigint: z.bigint(),
    undefined: z.undefined(),
    map: z.map(text, text),
    nan: z.nan(),
  }
  for (const [name, each] of Object.entries(lossy)) {
    for (const schema of [z.object({ a: each }), z.object({ a: z.array(z.union([z.number(), each])) })])
      t.throws(() => validate(schema), { code: 'schema/lossy', message: new RegExp(`${name}.*/properties/a`, 'i') }, name)
  }
})

t.test('what zod alone decides', async (t) => {
  const decided: [z.ZodType, unknown[], unknown[]][] = [
    [z.custom((value) => value === 3), [3], [4, '3']],
    [z.lazy(() => z.string().refine((value) => value !== 'b')), ['a'], ['b', 1]],
    [z.record(z.string().regex(/^a/i), z.number()), [{ A: 1 }, {}], [{ b: 1 }]],
    [z.tuple([z.string(), z.number()]), [['a', 1]], [['a'], ['a', 1, 2]]],
    [
      z.discriminatedUnion('k', [z.object({ k: z.literal('a') }), z.object({ k: z.literal('b'), n: z.url() })]),
      [{ k: 'a' }, { k: 'b', n: 'http://a b' }].slice(0, 1),
      [{ k: 'b' }],
    ],
    [z.templateLiteral(['v', z.number()]), ['v1'], ['v', 'x']],
    [z.intersection(z.object({ a: z.string() }), z.object({ b: z.string() })), [{ a: '', b: '' }], [{ a: '' }]],
    [z.string().startsWith('a').includes('b'), ['ab'], ['a', 'b']],
    [z.string().brand('x').readonly(), ['a'], [1]],
    [z.strictObject({ a: z.string() }), [{ a: 'x' }], [{ a: 'x', b: 1 }]],
    [z.string().min(2), ['😀a', 'ab'], ['a', '😀']],
    [z.string().length(2), ['😀😀', 'ab'], ['a', 'abc', '😀']],
    [z.uuid(), ['0b1e3c52-7f5e-4c0b-9d3a-0f2f1f6c9a11'], ['x']],
  ]
  for (const [schema, good, bad] of decided) {
    const whole = z.object({ value: schema })
    const refused = await refusedBy(
      whole,
      [...good, ...bad].map((value) => ({ value })),
    )
    t.strictSame(
      [...refused.keys()],
      bad.map((_, at) => good.length + at),
      schema._zod.def.type,
    )
  }
})

t.test('explain tells what runs in JavaScript', async (t) => {
  const told = (of: AnySchema) => explain(of).flatMap(({ pointer, keyword, how }) => (how === 'javascript' ? [[pointer, keyword]] : []))
  t.strictSame(told(z.object({ a: z.string() })), [])
  const refined = told(z.object({ a: z.email(), b: z.string().min(3) }).refine(() => true))
  for (const note of [
    ['', 'zod'],
    ['/properties/a', 'email'],
    ['/properties/a/format', 'format'],
    ['/properties/b/minLength', 'minLength'],
    ['', 'custom'],
  ])
    t.ok(
      refined.some((each) => each.join() === note.join()),
      note.join(' '),
    )
  t.strictSame(told(schema({}).check('mine', () => true)), [['', 'check mine']])
})

t.test('references are of a JSON Schema, so a schema with checks is refused there', async (t) => {
  await t.rejects(
    readReferences(
      schema({}).check('mine', () => true),
      t.testdir({}),
    ),
    { code: 'schema/lossy', message: /mine/ },
  )
})

t.test('a refinement that throws, and one that answers late', async (t) => {
  const thrown = z.object({ a: z.string() }).refine(() => {
    throw new Error('boom')
  })
  t.match((await refusedBy(thrown, [{ a: '' }])).get(0), { violations: [{ code: 'check/failed', rule: 'zod' }] })
  const late = z.object({ a: z.string() }).refine(async ({ a }) => a === 'x')
  t.strictSame([...(await refusedBy(late, [{ a: 'x' }, { a: 'y' }])).keys()], [1])
})

t.test('arktype decides on what it has', async (t) => {
  const user = type({ name: 'string >= 2', 'mail?': 'string.email', even: type('number').narrow((value) => value % 2 === 0) })
  const refused = await refusedBy(user, [
    { name: 'ab', even: 2 },
    { name: 'a', even: 2 },
    { name: 'ab', even: 1 },
    { name: 'ab', mail: 'x', even: 2 },
    { name: '😀', even: 2 },
  ])
  t.strictSame([...refused.keys()], [1, 2, 3])
  const morph = validate(type({ a: type('string').pipe((value) => value.length) }))
  const failed = await Readable.from([{ a: 'x' }])
    .pipe(morph)
    .toArray()
    .catch((error) => error)
  t.match(failed, { code: 'schema/lossy', message: /arktype.*\/a/ })
})

t.test('valibot has no JSON Schema by itself; wrapped it is taken', async (t) => {
  const user = v.pipe(
    v.object({ a: v.string() }),
    v.check(({ a }) => a !== 'b'),
  )
  t.throws(() => validate(user), { code: 'schema/invalid', message: /@valibot\/to-json-schema/ })
  const refused = await refusedBy(toStandardJsonSchema(user), [{ a: 'a' }, { a: 'b' }, {}])
  const codes = [...refused].map(([index, { violations }]) => [index, violations[0]?.code])
  t.strictSame(
    codes,
    [
      [1, 'standard/issue'],
      [2, 'required'],
    ],
    'what has no JSON Schema is asked of valibot, the rest of Rust',
  )
  const changing = validate(toStandardJsonSchema(v.object({ a: v.pipe(v.string(), v.trim()) })))
  const failed = await Readable.from([{ a: ' x' }])
    .pipe(changing)
    .toArray()
    .catch((error) => error)
  t.match(failed, { code: 'schema/lossy', message: /valibot.*\/a/ })
})

t.test('a valibot schema refuses the same records through Sluice and by itself', async (t) => {
  const user = v.pipe(
    v.strictObject({
      id: v.pipe(v.number(), v.integer(), v.minValue(1)),
      name: v.pipe(v.string(), v.minLength(2), v.maxLength(4)),
      code: v.optional(v.pipe(v.string(), v.regex(/^[a-c]+$/i))),
      kind: v.nullable(v.picklist(['a', 'b'])),
      tags: v.pipe(v.array(v.union([v.string(), v.boolean()])), v.maxLength(2)),
    }),
    v.forward(
      v.check(({ id, tags }) => id % 7 !== 0 || tags.length === 0, 'no tags on sevens'),
      ['tags'],
    ),
  )
  const record = fc.record(
    {
      id: fc.oneof(fc.integer({ min: -1, max: 30 }), fc.constant(1.5)),
      name: word,
      code: fc.oneof(fc.constantFrom('abc', 'ABC', 'abd', ''), fc.constant(1)),
      kind: fc.constantFrom('a', 'b', 'c', null),
      tags: fc.array(fc.oneof(fc.constantFrom('x', true), fc.constant(1)), { maxLength: 3 }),
    },
    { requiredKeys: ['id', 'name', 'kind', 'tags'] },
  )
  const records = fc.sample(record, { numRuns: 20_000, seed: 7 }).map((each) => (each.id === 13 ? { ...each, more: 1 } : each))
  const refused = await refusedBy(toStandardJsonSchema(user), records)
  const alone = records.flatMap((each, index) => (v.safeParse(user, each).success ? [] : [index]))
  t.ok(alone.length > 1_000 && alone.length < records.length - 100, `${alone.length} of ${records.length}`)
  t.strictSame([...refused.keys()], alone)
})

t.test('TypeBox is JSON Schema, but for what only its symbols say', async (t) => {
  const user = Type.Object({ id: Type.Integer({ minimum: 1 }), name: Type.Optional(Type.String()) })
  t.strictSame([...(await refusedBy(user, [{ id: 1 }, { id: 0 }, { id: 1, name: 2 }])).keys()], [1, 2])
  const transform = Type.Transform(Type.String())
    .Decode((value) => value)
    .Encode((value) => value)
  t.throws(() => validate(Type.Object({ a: transform })), { code: 'schema/lossy', message: /Transform.*\/properties\/a/ })
  for (const kind of [Type.Date(), Type.BigInt(), Type.Uint8Array(), Type.Undefined(), { type: 'string', [Kind]: 'Mine' }])
    t.throws(() => validate(Type.Object({ a: kind as never })), { code: 'schema/lossy', message: /kind/ })
})
