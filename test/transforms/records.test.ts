import { Readable, Transform, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parse } from 'csv-parse'
import fc from 'fast-check'
import { checkRecord, field, recordBatches, records, type SchemaInput, schema, type ValidateOptions, type Verdict, validate } from 'sluice'
import t from 'tap'
import { header, line, lines, object, person } from './people.js'
import { failureOf, pieces } from './run-validate.js'

const any = schema({})

async function objectsOf(
  bytes: Buffer,
  of: SchemaInput,
  options: ValidateOptions = {},
  bigint = false,
  size = bytes.length || 1,
): Promise<unknown[]> {
  const out: unknown[] = []
  await pipeline(
    Readable.from(pieces(bytes, size), { objectMode: true }),
    validate(of, options),
    records({ bigint }),
    async (source: AsyncIterable<unknown>) => {
      for await (const record of source) out.push(record)
    },
  )
  return out
}

const of = (text: string, schema: SchemaInput, options: ValidateOptions = {}, bigint = false) =>
  objectsOf(Buffer.from(text), schema, options, bigint)

t.test('cells become what the schema says', async (t) => {
  const typed = schema({
    whole: field.integer(),
    real: field.number().optional(),
    yes: field.boolean().nullable(),
    text: field.string().optional(),
    either: field.enum(['a', 1, null]).optional(),
    date: field.string().format('date').optional(),
  })
  const csv = 'whole,real,yes,text,either,date,other\n007,-1.50,true,12,1,2024-02-29,x\n-5,1e3,,"a ""b""\nc",a,,\n1,,false,,,,"é😀\\"\n'
  t.strictSame(await of(csv, typed), [
    { whole: 7, real: -1.5, yes: true, text: '12', either: 1, date: '2024-02-29', other: 'x' },
    { whole: -5, real: 1000, yes: null, text: 'a "b"\nc', either: 'a' },
    { whole: 1, yes: false, either: null, other: 'é😀\\' },
  ])
  t.strictSame(
    await of('whole,yes,text\n1,,\n2,NA,NA\n', typed, { missing: ['NA'] }),
    [{ whole: 2, yes: null }],
    'an empty cell is no boolean',
  )
})

t.test('schemas that see the record whole type cells just so', async (t) => {
  const whole = { type: 'object', properties: { n: { anyOf: [{ type: 'integer' }, { type: 'boolean' }] }, s: { type: 'string' } } }
  t.strictSame(await of('n,s\n1,1\ntrue,true\n', whole), [
    { n: 1, s: '1' },
    { n: true, s: 'true' },
  ])
  const full = { ...whole, unevaluatedProperties: false }
  t.strictSame(await of('n,s\n1,1\ntrue,true\n', full), [
    { n: 1, s: '1' },
    { n: true, s: 'true' },
  ])
})

t.test('__proto__ is a column like any other', async (t) => {
  const [record] = (await of('__proto__,constructor\nx,y\n', any)) as [Record<string, unknown>]
  t.strictSame(Object.entries(record), [
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ])
  t.equal(Object.getPrototypeOf(record), Object.prototype)
  const [big] = (await of('{"__proto__":{"n":9007199254740993},"a":1}\n', any, { format: 'ndjson' }, true)) as [Record<string, unknown>]
  t.strictSame(Object.getOwnPropertyDescriptor(big, '__proto__')?.value, { n: 9007199254740993n })
  t.equal(Object.getPrototypeOf(big), Object.prototype)
})

t.test('no integer is rounded in silence', async (t) => {
  const ids = schema({ id: field.integer(), n: field.number().optional() })
  for (const text of ['9007199254740992', '-9007199254740993', '123456789012345678901234567890', '00009007199254740993']) {
    const failure = await failureOf(of(`id\n1\n${text}\n`, ids))
    t.match(failure, { code: 'record/value', message: /Valid record 2 .*"\/id".*bigint/ }, text)
    t.strictSame(await of(`id\n1\n${text}\n`, ids, {}, true), [{ id: 1 }, { id: BigInt(text) }])
  }
  t.strictSame(await of('id\n9007199254740991\n-9007199254740991\n', ids), [{ id: 9007199254740991 }, { id: -9007199254740991 }])
  const exponent = '{"id":9007199254740993.0,"n":6.02e23}\n'
  t.match(await failureOf(of(exponent, ids, { format: 'ndjson' })), { code: 'record/value' })
  t.strictSame(await of(exponent, ids, { format: 'ndjson' }, true), [{ id: 9007199254740993n, n: 6.02e23 }])
  t.match(await failureOf(of('{"id":1,"n":1e400}\n', ids, { format: 'ndjson' }, true)), { code: 'record/value', message: /Infinity/ })
  t.strictSame(await of('"12345678901234567890"\n9007199254740993\n[[1,{"a/~":9007199254740993}]]\n', true, { format: 'ndjson' }, true), [
    '12345678901234567890',
    9007199254740993n,
    [[1, { 'a/~': 9007199254740993n }]],
  ])
  t.match(await failureOf(of('id\nx\n99999999999999999999\n', ids)), { message: /Valid record 1 / }, 'refused ones do not count')
})

t.test('JSON records are what JSON.parse makes of them, in lines and in a document, in any chunks', async (t) => {
  const safe = fc.json().filter((text) => text.trim() !== 'null' && !/\d{16}|[eE][+]?\d{2}|-0/.test(text))
  await fc.assert(
    fc.asyncProperty(fc.array(safe, { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 40 }), async (texts, size) => {
      const sound = texts.filter((text) => checkRecord(true, JSON.parse(text)).length === 0)
      const wanted = sound.map((text) => JSON.parse(text))
      const ndjson = Buffer.from(sound.map((text) => `${text}\n`).join(''))
      t.strictSame(await objectsOf(ndjson, true, { format: 'ndjson', allowEmpty: true, batchBytes: 64 }, false, size), wanted)
      const document = Buffer.from(`[${sound.join(' ,\n')}]`)
      t.strictSame(await objectsOf(document, true, { format: 'json', batchBytes: 64 }, false, size), wanted)
    }),
    { numRuns: 60 },
  )
})

t.test('CSV records are those of csv-parse, in any chunks, with refused ones among them', async (t) => {
  const cell = fc
    .oneof(fc.string({ maxLength: 6 }), fc.constantFrom('"', 'a,b', 'x\ny', '\r\n', 'é', '1', ''))
    .filter((text) => !text.includes('\0'))
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.boolean(), cell, cell), { maxLength: 12 }),
      fc.integer({ min: 1, max: 30 }),
      async (rows, size) => {
        const csv = `id,a,b\n${rows.map(([ok, a, b], at) => `${ok ? at : 'no'},${quoted(a)},${quoted(b)}\n`).join('')}`
        const wanted = rows.flatMap(([ok, a, b], id) => (ok ? [{ id, a, b }] : []))
        const options = { missing: [], batchBytes: 32, threads: 2 }
        t.strictSame(await objectsOf(Buffer.from(csv), schema({ id: field.integer() }), options, false, size), wanted)
      },
    ),
    { numRuns: 60 },
  )
})

t.test('the records of other encodings', async (t) => {
  const csv = 'id,name\n1,é😀\n2,ü\n'
  const wanted = [
    { id: 1, name: 'é😀' },
    { id: 2, name: 'ü' },
  ]
  t.strictSame(await objectsOf(Buffer.from(csv, 'utf16le'), person.pick('id', 'name'), { encoding: 'utf-16le' }, false, 3), wanted)
})

t.test('comments and blank lines that are skipped are no records', async (t) => {
  t.strictSame(await of('# c\nid,name\n1,a\n\n# 2,b\n3,c\n', person.pick('id', 'name'), { comment: '#', blankLines: 'skip' }), [
    { id: 1, name: 'a' },
    { id: 3, name: 'c' },
  ])
})

t.test('every verdict is told', async (t) => {
  const verdicts: Verdict[] = []
  const out: unknown[] = []
  const source = Readable.from([Buffer.from(`${header}${lines(1, 40)}`)]).pipe(validate(person))
  for await (const record of records(person, { onVerdict: (verdict) => verdicts.push(verdict) })(source)) out.push(record)
  t.equal(out.length, 36)
  t.equal(
    verdicts.reduce((sum, { counts }) => sum + counts.invalid, 0),
    4,
  )
  t.match(verdicts.at(-1)?.report, { counts: { read: 40, valid: 36 } })
})

t.test('objects pass as they are, frozen ones too', async (t) => {
  const given = [1, 2, 3].map((id) => Object.freeze({ ...object(id), deep: Object.freeze([Object.freeze({ id })]) }))
  const out: unknown[] = []
  const check = validate(person.check('is frozen', (record) => Object.isFrozen(record) || 'is not'))
  await pipeline(Readable.from(given), check, records(person), async (source: AsyncIterable<unknown>) => {
    for await (const record of source) out.push(record)
  })
  t.equal(out.length, 2)
  t.ok(
    out.every((record, at) => record === given[at]),
    'the very objects',
  )
})

t.test('rows of csv-parse', async (t) => {
  const out: unknown[] = []
  await pipeline(
    Readable.from([`${header}${line(1)}${line(3)}`]),
    parse({ columns: true }),
    validate(person),
    records(person),
    async (source) => {
      for await (const record of source) out.push(record)
    },
  )
  t.strictSame(
    out,
    [{ id: '1', name: 'name 1', age: '40' }].map((row) => ({ ...row })),
    'come out as they went in',
  )
})

t.test('a stream that is stopped gives what came before', async (t) => {
  const out: unknown[] = []
  const work = pipeline(
    Readable.from([Buffer.from(`${header}${lines(1, 40)}`)]),
    validate(person, { maxErrors: 1 }),
    records(person),
    async (source) => {
      for await (const { id } of source) out.push(id)
    },
  )
  t.match(await failureOf(work), { code: 'limit/max-errors', report: { counts: { read: 13, valid: 11 } } })
  t.strictSame(out, [1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12])
})

t.test('in batches', async (t) => {
  const [batches, refused]: [unknown[][], unknown[]] = [[], []]
  const source = Readable.from([Buffer.from(`${header}${lines(1, 40)}`)]).pipe(
    validate(person.check('not 5', ({ id }) => id !== 5 || 'is 5')),
  )
  const onVerdict = ({ violations }: Verdict) => refused.push(...violations.toString().split('\n').slice(0, -1))
  for await (const batch of recordBatches(person, { onVerdict })(source)) batches.push(batch)
  t.equal(batches.flat().length, 35)
  t.equal(refused.length, 5)
})

t.test('what records() cannot be put after', async (t) => {
  const through = new Transform({ objectMode: true, transform: (chunk, _encoding, done) => done(null, Buffer.from(chunk)) })
  const csv = () => Readable.from([Buffer.from(`${header}${line(1)}`)])
  t.match(await failureOf(pipeline(csv(), records(), new Writable({ objectMode: true }))), { code: 'sink/no-verdict' })
  t.match(await failureOf(pipeline(csv(), validate(person), through, records(), new Writable({ objectMode: true }))), {
    code: 'sink/no-verdict',
  })
  t.throws(() => records()(validate(person, { emit: 'all' })), { code: 'option/invalid', message: /emit/ })
  t.throws(() => records({ bigint: 1 as never }), { code: 'option/invalid' })
  t.match(await failureOf(of('1\nnull\n', true, { format: 'ndjson' })), { code: 'record/value', message: /Valid record 2 is null/ })
})
