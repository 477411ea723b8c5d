import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import fc from 'fast-check'
import {
  explain,
  field,
  fromJSONSchema,
  recordBatches,
  records,
  schema,
  split,
  type TransformStep,
  validate,
  validateMessages,
} from 'sluice'
import t from 'tap'
import { failureOf, runBytes, runText, timeless } from './run-validate.js'

const person = schema({
  id: field.integer(),
  name: field.string(),
  iban: field.string().optional(),
  balance: field.number().nullable(),
}).strict()

const table = 'id,name,iban,balance\n007," Ann ",CH9300762011623852957,1.10\nx,bad,,\n9007199254740993,"B ""b""",,\n'

t.test('CSV becomes NDJSON, and the refused records stay CSV', async (t) => {
  const { valid, invalid, violations, report } = await runText(table, person, { to: 'ndjson' })
  t.equal(
    valid,
    '{"id":7,"name":" Ann ","iban":"CH9300762011623852957","balance":1.10}\n{"id":9007199254740993,"name":"B \\"b\\"","balance":null}\n',
  )
  t.equal(invalid, 'id,name,iban,balance\nx,bad,,\n')
  t.strictSame(
    violations.map(({ code, line }) => [code, line]),
    [['type', 3]],
  )
  t.equal(report.format, 'csv')
})

t.test('steps rewrite what they speak of, and the header row', async (t) => {
  const safe = person.transform([{ mask: { iban: { keepLast: 4 } } }, { trim: ['name'] }, { rename: { name: 'who' } }, { drop: ['id'] }])
  const { valid, invalid } = await runText(table, safe)
  t.equal(valid, 'who,iban,balance\nAnn,********2957,1.10\n"B ""b""",,\n')
  t.equal(invalid, 'id,name,iban,balance\nx,bad,,\n')
  const note = explain(safe).find(({ keyword }) => keyword === 'x-transform')
  t.match(note, { how: 'compiled', note: 'changes valid records: mask, trim, rename, drop' })
})

t.test('an NDJSON and a JSON document become CSV with a header row, also without a record', async (t) => {
  const { valid, invalid } = await runText('{"id":1,"name":"a,b","balance":1.50}\n{"id":2,"name":"","balance":null}\n', person, {
    to: 'csv',
  })
  t.equal(valid, 'id,name,iban,balance\n1,"a,b",,1.50\n')
  t.equal(invalid, '{"id":2,"name":"","balance":null}\n')
  t.equal((await runText('[]', person, { to: 'csv' })).valid, 'id,name,iban,balance\n')
  t.equal((await runText('', person, { to: 'csv', format: 'ndjson', allowEmpty: true })).valid, 'id,name,iban,balance\n')
})

t.test('steps may stand beside a schema', async (t) => {
  const json = { properties: { a: { type: 'integer' } } } as const
  const { valid } = await runText('a,b\n1,2\n', json, { transform: [{ constant: { source: 'x' } }] })
  t.equal(valid, 'a,b,source\n1,2,x\n')
  const both = { ...json, 'x-transform': [{ drop: ['b'] }] }
  t.throws(() => validate(both, { transform: [] }), { code: 'option/invalid' })
  t.throws(() => validate(json, { transform: 'x' as never }), { code: 'option/invalid' })
  t.throws(() => validate(json, { transform: [{ drop: 'b' } as never] }), { code: 'schema/invalid' })
})

t.test('a keyed hash', async (t) => {
  const keyed = schema({ name: field.string() }).transform([{ hash: { name: { algorithm: 'hmac-sha256' } } }])
  for (const hashKey of ['Jefe', new TextEncoder().encode('Jefe')]) {
    const { valid } = await runText('name\nwhat do ya want for nothing?\n', keyed, { hashKey })
    t.equal(valid, 'name\n5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843\n')
  }
  t.match(await failureOf(runText('name\na\n', keyed)), { code: 'option/invalid', message: /needs a key/ })
  t.match(await failureOf(runText('name\na\n', schema({ name: field.string() }), { hashKey: 'k' })), { code: 'option/invalid' })
  t.throws(() => validate(keyed, { hashKey: '' }), { code: 'option/invalid' })
})

t.test('rules in JavaScript see records as they came, and move those that they refuse', async (t) => {
  const checked = schema({ a: field.integer(), b: field.string() })
    .check('not two', ({ a, b }) => (a !== 2 && b.startsWith(' ')) || 'is two')
    .transform([{ trim: ['b'] }, { rename: { a: 'x' } }])
  for (const to of [undefined, 'ndjson', 'csv'] as const) {
    const { valid, invalid, counts } = await runText('# c\na,b\n1, p\n2, q\n# d\n3, r\n', checked, { to, comment: '#' })
    t.equal(valid, to === 'ndjson' ? '{"x":1,"b":"p"}\n{"x":3,"b":"r"}\n' : '# c\nx,b\n1,p\n# d\n3,r\n')
    t.equal(invalid, '# c\na,b\n2, q\n')
    t.strictSame(counts, { read: 3, valid: 2, invalid: 1, violations: 1 })
  }
  t.throws(() => checked.check('late', () => true), { code: 'option/invalid' })
})

t.test('records() gives what goes out', async (t) => {
  const typed = person.transform([
    { select: ['balance', 'id'] },
    { cast: { id: 'string' } },
    { default: { balance: 0.5 } },
    { rename: { id: 'key' } },
  ])
  const given: unknown[] = []
  const take = async (rows: AsyncIterable<{ balance: number; key: string }>) => {
    for await (const row of rows) given.push(row)
  }
  await pipeline(Readable.from([Buffer.from(table)]), validate(typed), records(typed), take)
  t.strictSame(given, [
    { balance: 1.1, key: '007' },
    { balance: 0.5, key: '9007199254740993' },
  ])
  const batches: unknown[] = []
  const kept = person.transform([{ drop: ['name', 'iban', 'balance'] }])
  await pipeline(
    Readable.from([Buffer.from(table)]),
    validate(kept, { to: 'csv' }),
    recordBatches(kept, { bigint: true }),
    async (rows) => {
      for await (const batch of rows) batches.push(...batch)
    },
  )
  t.strictSame(batches, [{ id: 7 }, { id: 9007199254740993n }])
  const failure = await failureOf(
    pipeline(Readable.from([Buffer.from(table)]), validate(kept), records(kept), async (rows) => {
      for await (const _ of rows);
    }),
  )
  t.equal(failure.code, 'record/value')
  const checkedToo = person.check('any', () => true).transform([{ select: ['name'] }])
  const names: unknown[] = []
  await pipeline(Readable.from([Buffer.from(table)]), validate(checkedToo), records(checkedToo), async (rows) => {
    for await (const row of rows) names.push(row)
  })
  t.strictSame(names, [{ name: ' Ann ' }, { name: 'B "b"' }])
})

t.test('what does not go together is refused', async (t) => {
  const changed = person.transform([{ drop: ['iban'] }])
  t.throws(() => validate(changed, { emit: 'all' }), { code: 'option/invalid' })
  t.throws(() => validate(person, { emit: 'all', to: 'ndjson' }), { code: 'option/invalid' })
  t.throws(() => validate(person, { to: 'json' as never }), { code: 'option/invalid' })
  t.throws(() => validateMessages(changed), { code: 'option/invalid' })
  t.throws(() => changed['~standard'].validate({}), { code: 'option/invalid' })
  t.throws(() => changed['~standard'].jsonSchema.output({ target: 'draft-2020-12' }), { code: 'option/invalid' })
  t.throws(() => changed.pick(), { code: 'schema/invalid' })
  for (const gate of [validate(changed), validate(person, { to: 'ndjson' })]) {
    const sink = split({})
    t.match(await failureOf(pipeline(Readable.from([{ id: 1, name: 'a', balance: 1 }]), gate, sink)), {
      code: 'option/invalid',
      message: /Objects come out as they went in/,
    })
  }
  t.throws(() => validate(person.transform([{ drop: ['nme'] }])), { code: 'schema/transform', message: /#\/x-transform\/0\/drop\/0/ })
})

t.test('encodings come out as UTF-8, and positions are those of the input', async (t) => {
  const text = '\uFEFFid,name,iban,balance\r\n1,é,,1\r\nx,ü,,1\r\n2,😀,,1.0\r\n'
  const { valid, violations } = await runText(Buffer.from(text, 'utf16le'), person, { to: 'ndjson' })
  t.equal(valid, '{"id":1,"name":"é","balance":1}\n{"id":2,"name":"😀","balance":1.0}\n')
  t.match(violations, [{ line: 3, byte: 2 * 31 }])
})

/** An independent reading of CSV records, and of how their cells become values. */
function modelOf(rows: readonly (readonly [string, string, string, boolean])[], missing: readonly string[]): string {
  const lines = rows.map(([a, b, c]) => {
    const members: string[] = []
    if (!missing.includes(a)) members.push(`"a":${a.replace(/^(-?)0+(?=\d)/, '$1')}`)
    else members.push('"a":null')
    if (!missing.includes(b)) members.push(`"b":${JSON.stringify(b)}`)
    if (!missing.includes(c))
      members.push(`"c":${/^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(c) ? c.replace(/^(-?)0+(?=\d)/, '$1') : JSON.stringify(c)}`)
    return `{${members.join(',')}}\n`
  })
  return lines.join('')
}

const quoted = (cell: string, always: boolean) => (always || /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)

t.test('law: CSV to NDJSON is what a slow model makes, whatever the chunks, batches and threads', async (t) => {
  const number = fc.oneof(fc.stringMatching(/^-?[0-9]{1,20}$/), fc.constantFrom('', 'NA', '0', '-0', '00', '007'))
  const text = fc.oneof(
    fc.string({ unit: fc.constantFrom('a', ' ', '"', ',', '\n', '\r', 'é', '😀', '\\', '\t', '\u0001'), maxLength: 8 }),
    fc.constantFrom('', 'NA'),
  )
  const mixed = fc.oneof(text, fc.stringMatching(/^-?[0-9]{1,4}(\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?$/))
  const row = fc.tuple(number, text, mixed, fc.boolean())
  const given = fromJSONSchema({
    properties: { a: { type: ['integer', 'null'] }, b: { type: 'string' }, c: { type: ['number', 'string'] } },
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { maxLength: 12 }),
      fc.constantFrom('\n', '\r\n'),
      fc.integer({ min: 1, max: 50 }),
      async (rows, end, size) => {
        const body = rows.map(([a, b, c, always]) => [a, b, c].map((cell) => quoted(cell, always)).join(',') + end)
        const bytes = Buffer.from(`a,b,c${end}${body.join('')}`)
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size))
        const missing = ['', 'NA']
        const { valid, counts } = await runBytes(chunks, given, {
          format: 'csv',
          to: 'ndjson',
          missing,
          batchBytes: size,
          threads: (size % 3) + 1,
        })
        t.equal(counts.invalid, 0)
        if (valid.toString() !== modelOf(rows, missing)) t.strictSame(valid.toString(), modelOf(rows, missing))
      },
    ),
    { numRuns: 300 },
  )
})

t.test('law: steps give the same whatever the chunks, batches and threads', async (t) => {
  const steps: TransformStep[] = [
    { trim: ['b'] },
    { case: { b: 'upper' } },
    { default: { a: 5 } },
    { rename: { a: 'b', b: 'a' } },
    { constant: { c: 'k,k' } },
  ]
  const given = fromJSONSchema({ properties: { a: { type: ['integer', 'null'] }, b: { type: 'string' } }, 'x-transform': steps })
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: fc.constantFrom('1', 'a', ' ', '"', ',', '\n', '\r'), maxLength: 80 }),
      fc.integer({ min: 1, max: 30 }),
      async (body, size) => {
        const bytes = Buffer.from(`a,b\n${body}`)
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size))
        const whole = await runBytes([bytes], given, { format: 'csv', threads: 1 })
        const parts = await runBytes(chunks, given, { format: 'csv', threads: 3, batchBytes: size })
        const told = ({ report, ...rest }: typeof whole) => ({ ...rest, report: timeless(report) })
        if (JSON.stringify(told(parts)) !== JSON.stringify(told(whole))) t.strictSame(told(parts), told(whole))
        t.equal(whole.report.counts.read, whole.report.counts.valid + whole.report.counts.invalid)
      },
    ),
    { numRuns: 300 },
  )
})
