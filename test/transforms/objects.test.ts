import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parse } from 'csv-parse'
import { field, type Refusal, type SchemaInput, schema, type ValidateOptions, validate } from 'sluice'
import t from 'tap'
import { isValid, object, person } from './people.js'
import { failureOf } from './run-validate.js'

/** Sends `records` through, and gathers both sides. */
async function run(records: Iterable<unknown>, rules: SchemaInput, options: ValidateOptions = {}) {
  const gate = validate(rules, options)
  const refused: Refusal[] = []
  gate.on('refused', (refusal) => refused.push(refusal))
  const valid: unknown[] = []
  await pipeline(Readable.from(records, { objectMode: true }), gate, async (output) => {
    for await (const record of output) valid.push(record)
  })
  return { valid, refused, report: gate.report, gate }
}

const codes = (refused: Refusal[]) => refused.map(({ index, violations }) => [index, ...violations.map(({ code }) => code)])
const anything = schema({ a: field.any() })

t.test('the very objects come out, in order, unchanged', async (t) => {
  const records = Array.from({ length: 10_000 }, (_, id) => Object.freeze(object(id)))
  for (const options of [{}, { threads: 1 }, { threads: 4, batchBytes: 64 }]) {
    const { valid, refused, report } = await run(records, person, options)
    t.equal(valid.length, 9_000)
    const expected = records.filter(({ id }) => isValid(id))
    t.ok(valid.every((record, at) => record === expected[at]))
    t.ok(refused.every(({ record, index }) => record === records[index]))
    t.match(report, { format: 'records', bytes: 0, counts: { read: 10_000, valid: 9_000, invalid: 1_000, violations: 1_000 } })
  }
})

t.test('what was refused tells why', async (t) => {
  const { refused } = await run([object(1), { id: 'x', age: 3, name: 'N' }, object(2)], person)
  t.equal(refused.length, 1)
  t.match(refused[0], {
    record: { id: 'x' },
    index: 1,
    violations: [
      { code: 'type', field: 'id', pointer: '/id', value: 'x', record: 2, line: null, byte: null, column: null, source: null },
      { code: 'minimum', field: 'age', value: 3, params: { minimum: 18 } },
    ],
  })
})

t.test('values that JSON has no type for', async (t) => {
  const rules = schema({ big: field.integer().optional(), at: field.string().format('date-time').optional() })
  const records = [
    { big: 2n ** 70n },
    { big: undefined, at: new Date(0) },
    { big: -0 },
    { at: { toJSON: () => '2020-01-01T00:00:00Z' } },
    Object.assign(Object.create({ big: 'inherited' }), { at: undefined }),
    { big: '7' },
    { at: 'yesterday' },
  ]
  const { valid, refused } = await run(records, rules)
  t.equal(valid.length, 5)
  t.strictSame(codes(refused), [
    [5, 'type'],
    [6, 'format'],
  ])
  const exact = await run([{ big: 9007199254740993n }, { big: 9007199254740992n }], { properties: { big: { maximum: 9007199254740992 } } })
  t.strictSame(codes(exact.refused), [[0, 'maximum']], 'a bigint keeps its last digit')
})

t.test('values that JSON has no word for are errors, never something else', async (t) => {
  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle
  const cases = [
    ...[Number.NaN, Number.POSITIVE_INFINITY, () => 1, Symbol('a'), new Map(), new Set(), new Uint8Array(2), [undefined], cycle],
    ...[new Date(Number.NaN), new URLSearchParams('a=1'), new Headers({ a: 'b' }), Object.setPrototypeOf(new Map([[1, 2]]), null)],
  ]
  for (const value of cases) t.match(await failureOf(run([{ a: value }], anything)), { code: 'input/record' }, typeof value)
  t.match(
    await failureOf(run([{ a: [{ b: Number.NaN }] }], anything)),
    { code: 'input/record', message: /"\/a\/0\/b"/ },
    'the message tells where',
  )
  const nullable = { properties: { a: { type: ['string', 'null'] } } }
  t.match(await failureOf(run([{ a: new Date(Number.NaN) }], nullable)), { code: 'input/record' }, 'nor is an invalid Date null')
})

t.test('records need not be objects', async (t) => {
  const { valid, refused } = await run([1, true, [1], { a: 1 }, 2.5, 3n], { type: ['integer', 'array'] })
  t.strictSame(valid, [1, [1], 3n])
  t.strictSame(codes(refused), [
    [1, 'type'],
    [3, 'type'],
    [4, 'type'],
  ])
})

t.test('names that JavaScript treats specially', async (t) => {
  const rules = { properties: { ['__proto__']: { type: 'integer' }, constructor: { type: 'integer' } }, additionalProperties: false }
  const own = JSON.parse('{"__proto__": "text", "constructor": 1}')
  const { valid, refused } = await run([own, JSON.parse('{"__proto__": 1}'), {}, { toString: 1 }], rules)
  t.equal(valid.length, 2)
  t.match(refused, [
    { index: 0, violations: [{ code: 'type', field: '__proto__', value: 'text' }] },
    { index: 3, violations: [{ code: 'additionalProperties', field: 'toString' }] },
  ])
  t.equal(({} as Record<string, unknown>)['type'], undefined)
})

t.test('nested objects and arrays', async (t) => {
  const rules = schema({ id: field.integer(), tags: field.array(field.string()), at: field.object({ lat: field.number().min(-90) }) })
  const { refused } = await run(
    [
      { id: 1, tags: ['a'], at: { lat: 1 } },
      { id: 2, tags: ['a', 1], at: { lat: -91 } },
      { id: 3, tags: [], at: {} },
    ],
    rules,
  )
  t.match(refused, [
    {
      index: 1,
      violations: [
        { pointer: '/tags/1', field: 'tags/1', code: 'type', value: 1 },
        { pointer: '/at/lat', code: 'minimum' },
      ],
    },
    { index: 2, violations: [{ code: 'required' }] },
  ])
})

t.test('a text is a CSV cell only after a CSV parser, or when that is said', async (t) => {
  const texts = [{ id: '42', name: 'a' }]
  t.strictSame(codes((await run(texts, person)).refused), [[0, 'type']])
  t.equal((await run(texts, person, { cells: true })).valid.length, 1)
  const gate = validate(person, { cells: false })
  Readable.from(['id,name\n42,a\n'])
    .pipe(parse({ columns: true }))
    .pipe(gate)
  t.strictSame(await gate.toArray(), [], 'it can be said that they are none')
  t.match(gate.counts, { read: 1, invalid: 1 })
})

t.test('missing tokens hold for cells of objects', async (t) => {
  const rules = schema({ id: field.integer(), age: field.integer().nullable() })
  const { valid, refused } = await run(
    [
      { id: '1', age: 'NA' },
      { id: 'NA', age: '3' },
      { id: '2', age: '' },
    ],
    rules,
    { cells: true, missing: ['NA'] },
  )
  t.strictSame(valid, [{ id: '1', age: 'NA' }])
  t.strictSame(codes(refused), [
    [1, 'required'],
    [2, 'type'],
  ])
})

t.test('select says what is checked of each chunk', async (t) => {
  const messages = [1, 3, 4].map((id) => ({ offset: id, value: object(id) }))
  const { valid, refused } = await run(messages, person, { select: ({ value }: { value: unknown }) => value })
  t.strictSame(valid, [messages[0], messages[2]])
  t.equal(refused[0]?.record, messages[1], 'the whole chunk is given back')
  const thrown = run(messages, person, {
    select: () => {
      throw new Error('mine')
    },
  })
  t.match(await failureOf(thrown), { message: 'mine' })
})

t.test('what a listener to refused throws is the error of the stream', async (t) => {
  const gate = validate(person)
  gate.on('refused', () => {
    throw new Error('mine')
  })
  const work = pipeline(Readable.from([object(3)]), gate, new Writable({ objectMode: true }))
  t.match(await failureOf(work), { message: 'mine' })
})

t.test('an object that is too large is a violation like any other', async (t) => {
  const records = [object(1), { id: 2, name: 'x'.repeat(400_000) }, object(2)]
  for (const batchBytes of [64, 512 * 1024]) {
    const { valid, refused } = await run(records, person, { recordBytesMax: 1_000, batchBytes })
    t.strictSame(codes(refused), [[1, 'record/too-large']])
    t.equal(valid.length, 2)
  }
})

t.test('no objects at all are no error', async (t) => {
  const gate = validate(person, { allowEmpty: true })
  t.strictSame(
    await Readable.from([])
      .pipe(gate)
      .toArray()
      .then((chunks) => Buffer.concat(chunks).toString()),
    '',
  )
})
