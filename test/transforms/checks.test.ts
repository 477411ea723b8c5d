import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parse } from 'csv-parse'
import fc from 'fast-check'
import { field, mergeReports, type Refusal, schema, split, type Verdict, type Violation, validate, validated, verdictOf } from 'sluice'
import t from 'tap'
import { header, line, lines, object, person } from './people.js'
import { failureOf, parsed, pieces, runBytes, runText, timeless } from './run-validate.js'

const odd = person.check('odd', ({ id }) => id % 2 === 1 || 'is even')

t.test('a rule in JavaScript sees what passed Rust, and refuses in the order of the source', async (t) => {
  const { valid, invalid, violations, counts, report } = await runText(`${header}${lines(1, 6)}`, odd, { source: 'a.csv' })
  t.equal(valid, `${header}${line(1)}${line(5)}`)
  t.equal(invalid, `${header}${line(2)}${line(3)}${line(4)}${line(6)}`)
  t.strictSame(
    violations.map(({ code, rule, record, line }) => [code, rule, record, line]),
    [
      ['check/refused', 'odd', 2, 3],
      ['minimum', undefined, 3, 4],
      ['check/refused', 'odd', 4, 5],
      ['check/refused', 'odd', 6, 7],
    ],
  )
  t.match(violations[0], { keyword: null, field: null, message: 'is even', value: null, source: 'a.csv', byte: 24, column: null })
  t.strictSame(counts, { ...counts, read: 6, valid: 2, invalid: 4, violations: 4 })
  t.match(report.counts, { read: 6, valid: 2, invalid: 4, violations: 4 })
  t.match(report.rules[0], {
    code: 'check/refused',
    rule: 'odd',
    count: 3,
    samples: [{ record: 2, line: 3, byte: 24 }, { record: 4 }, { record: 6 }],
  })
  t.match(mergeReports(report, report).rules[0], { rule: 'odd', count: 6 })
})

t.test('what Rust could not decide is counted once', async (t) => {
  const slow = schema({ a: field.string().pattern(/^(?=(a+)+$)a*b$/) }).check('never', () => 'no')
  const text = `{"a":"${'a'.repeat(40)}"}\n{"a":"ab"}\n`
  const { report } = await runText(text, slow, { format: 'ndjson', patternStepsMax: 10, onUndecided: 'valid' })
  t.match(report, { undecided: 2, counts: { read: 2, invalid: 2 }, bytes: text.length })
})

t.test('duplicate names of which the last counts, where one is beyond 2^53', async (t) => {
  const seen: unknown[] = []
  const all = schema({}).check('see', (record) => seen.push(record) > 0 || 'no')
  const text = '{"a":9007199254740993,"a":5}\n{"a":{"n":9007199254740993},"a":"x"}\n{"a":1,"a":9007199254740993}\n'
  await runText(text, all, { format: 'ndjson', duplicateKeys: 'last' })
  t.strictSame(seen, [{ a: 5 }, { a: 'x' }, { a: 9007199254740993n }])
})

t.test('what a rule does wrong is a violation of its own', async (t) => {
  const rules = person
    .check('throws', ({ id }) => {
      if (id === 1) throw new TypeError('boom')
      return true
    })
    .check('rejects', async ({ id }) => (id === 2 ? Promise.reject(new Error('late')) : true))
    .check('false', ({ id }) => (id === 4 ? (false as never) : true))
  const { violations, valid } = await runText(`${header}${line(1)}${line(2)}${line(4)}${line(5)}`, rules)
  t.strictSame(
    violations.map(({ code, rule, params }) => [code, rule, params.error]),
    [
      ['check/failed', 'throws', 'TypeError: boom'],
      ['check/failed', 'rejects', 'Error: late'],
      ['check/failed', 'false', 'TypeError: it gave false, not true or a sentence'],
    ],
  )
  t.equal(valid, `${header}${line(5)}`)
  const refused: Refusal[] = []
  const check = validate(rules)
  check.on('refused', (refusal: Refusal) => refused.push(refusal))
  await Readable.from([object(1)])
    .pipe(check)
    .toArray()
  t.match((refused[0]?.violations[0] as Violation & { cause: unknown }).cause, { message: 'boom' }, 'the cause is kept')
  t.notOk(JSON.stringify(refused).includes('cause'))
})

t.test('valid and invalid make the input, however it is cut, and whatever refuses', async (t) => {
  const record = fc.constantFrom(
    '1,a,20\n',
    '2,b,30\r\n',
    '3,c,7\n',
    'x,d,40\n',
    '# note\n',
    '4,"q ""x""\n\ny",50\n',
    '5,st"ray,1\n',
    '6,short\n',
    '\n',
    '8,é😀,60\n',
  )
  await fc.assert(
    fc.asyncProperty(fc.array(record, { maxLength: 30 }), fc.integer({ min: 1, max: 50 }), fc.boolean(), async (parts, size, isAsync) => {
      const input = Buffer.from(`${header}${parts.join('')}`)
      const rule = person.check('odd', ({ id }) => {
        const outcome = id % 2 === 1 || 'is even'
        return isAsync ? new Promise((resolve) => setImmediate(resolve, outcome)) : outcome
      })
      const options = { comment: '#', batchBytes: 48, threads: 2 }
      const whole = await runBytes([input], rule, options)
      const cut = await runBytes(pieces(input, size), rule, options)
      for (const part of ['valid', 'invalid', 'violations'] as const) t.equal(cut[part].toString(), whole[part].toString(), part)
      t.strictSame(timeless(cut.report), timeless(whole.report))
      t.strictSame(cut.counts, whole.report.counts)
      const inOrder = parsed(whole.violations).map(({ record }) => record)
      t.strictSame(
        inOrder,
        [...inOrder].sort((one, other) => one - other),
      )
      // Each is a part of the input in its order: what is one's is not the other's.
      const all = await Readable.from(pieces(input, size), { objectMode: true })
        .pipe(validate(rule, { ...options, emit: 'all' }))
        .toArray()
      t.equal(Buffer.concat(all).toString(), input.toString(), 'emit all')
      const refused = all.flatMap((chunk) => (verdictOf(chunk)?.refused ?? []).map(({ start, end }) => chunk.subarray(start, end)))
      t.equal(`${header}${Buffer.concat(refused)}`, whole.invalid.toString())
    }),
    { numRuns: 100 },
  )
})

t.test('positions are those that Rust tells', async (t) => {
  // Rust refuses what the rule refuses, so both name the same records.
  const strict = schema({ id: field.integer(), name: field.string().const('ok') })
  const lax = schema({ id: field.integer(), name: field.string() }).check('ok', ({ name }) => name === 'ok' || 'is not')
  const place = ({ source, record, line, byte, pointer, recordPointer }: Violation) => ({
    source,
    record,
    line,
    byte,
    ...(recordPointer !== undefined && { recordPointer, isPointer: typeof pointer }),
  })
  const csv = 'id,name\r\n1,ok\r\n2,é\n3,"a\nb"\r4,ok\n5,no'
  const inputs: [string, Buffer, object][] = [
    ['csv', Buffer.from(csv), {}],
    ['utf-16', Buffer.from(csv, 'utf16le'), { encoding: 'utf-16le' }],
    ['latin1', Buffer.from(csv, 'latin1'), { encoding: 'latin1' }],
    ['ndjson', Buffer.from('{"id":1,"name":"ok"}\n\n{"id":2,"name":"é"}\r\n{"id":3,"name":"x"}'), { format: 'ndjson' }],
    [
      'json',
      Buffer.from('{"a":\n[{"id":1,"name":"x"},\n\n{"id":2,"name":"ok"},{"id":3,"name":"é"}, {"id":4,"name":"y"}]}'),
      { recordPath: '$.a[*]' },
    ],
  ]
  for (const [name, bytes, options] of inputs) {
    for (const size of [1, 7, bytes.length]) {
      const [theirs, ours] = [strict, lax].map((each) => runBytes(pieces(bytes, size), each, { ...options, batchBytes: 16 }))
      const [one, other] = [await theirs, await ours]
      t.strictSame(parsed(other?.violations ?? '').map(place), parsed(one?.violations ?? '').map(place), `${name} by ${size}`)
      t.equal(other?.valid.toString(), one?.valid.toString())
      t.equal(other?.invalid.toString(), one?.invalid.toString())
    }
  }
})

t.test('no more promises are open than checkConcurrency says', async (t) => {
  let [open, most] = [0, 0]
  const slow = person.check('slow', async (): Promise<true> => {
    open += 1
    most = Math.max(most, open)
    await new Promise((resolve) => setImmediate(resolve))
    open -= 1
    return true
  })
  const { counts } = await runText(`${header}${lines(1, 200)}`, slow, { checkConcurrency: 3 })
  t.equal(counts.valid, 180)
  t.equal(most, 3)
})

t.test('objects: the very ones go on, and to invalid', async (t) => {
  const given = [1, 2, 3, 4].map((id) => Object.freeze(object(id)))
  const check = validate(odd, { emit: 'all' })
  const judged = await Readable.from(given).pipe(check).toArray()
  t.strictSame(
    judged.map(({ valid, index, violations }) => [valid, index, violations.length]),
    [
      [true, 0, 0],
      [false, 1, 1],
      [false, 2, 1],
      [false, 3, 1],
    ],
  )
  t.ok(judged.every(({ record }, at) => record === given[at]))
  t.match(check.report, { counts: { read: 4, valid: 1, invalid: 3 }, rules: [{ rule: 'odd', count: 2 }, {}] })
})

t.test('cells of a CSV parser are judged as values', async (t) => {
  const rows = Readable.from([`${header}${lines(1, 6)}`]).pipe(parse({ columns: true }))
  const kept = await rows
    .pipe(validate(odd.check('is typed', ({ id, age }) => (typeof id === 'number' && typeof age === 'number') || 'is text')))
    .toArray()
  t.strictSame(
    kept.map(({ id }) => id),
    ['1', '5'],
  )
})

t.test('an integer beyond 2^53 reaches a rule as a bigint; what JavaScript has no number for is undecided', async (t) => {
  const ids = schema({ id: field.integer() }).check('even', ({ id }) => BigInt(id) % 2n === 0n || 'is odd')
  const { violations, valid } = await runText('{"id":9007199254740993}\n{"id":9007199254740994}\n{"id":1e400}\n', ids, { format: 'ndjson' })
  t.equal(valid, '{"id":9007199254740994}\n')
  t.strictSame(
    violations.map(({ code, record }) => [code, record]),
    [
      ['check/refused', 1],
      ['check/failed', 3],
    ],
  )
})

t.test('through split, in files', async (t) => {
  const folder = t.testdir({})
  await pipeline(
    Readable.from([Buffer.from(`${header}${lines(1, 4)}`)]),
    validate(odd),
    split({ valid: `${folder}/v`, invalid: `${folder}/i`, violations: `${folder}/w`, report: `${folder}/r` }),
  )
  const { readFileSync } = await import('node:fs')
  t.equal(readFileSync(`${folder}/v`, 'utf8'), `${header}${line(1)}`)
  t.equal(readFileSync(`${folder}/i`, 'utf8'), `${header}${line(2)}${line(3)}${line(4)}`)
  t.match(JSON.parse(readFileSync(`${folder}/r`, 'utf8')), { counts: { valid: 1, invalid: 3 } })
})

t.test('through split, to a Writable of objects', async (t) => {
  const [kept, refused]: [unknown[], Refusal[]] = [[], []]
  const into = (list: unknown[]) => new Writable({ objectMode: true, write: (chunk, _encoding, done) => done(void list.push(chunk)) })
  const given = [1, 2, 3].map((id) => Object.freeze(object(id)))
  await pipeline(Readable.from(given), validate(odd), split({ valid: into(kept), invalid: into(refused) }))
  t.strictSame(kept, [object(1)])
  t.ok(refused[0]?.record === given[1] && refused[1]?.record === given[2], 'the very objects, in order')
  t.match(refused, [
    { index: 1, violations: [{ rule: 'odd', record: 2 }] },
    { index: 2, violations: [{ code: 'minimum' }] },
  ])
})

t.test('what rules in JavaScript do not go with', async (t) => {
  t.throws(() => odd.check('odd', () => true), { code: 'option/invalid' })
  t.throws(() => odd.check('', () => true), { code: 'option/invalid' })
  t.throws(() => odd.check('x', 1 as never), { code: 'option/invalid' })
  for (const composed of [() => odd.pick('id'), () => odd.omit('id'), () => odd.partial()])
    t.throws(composed, { code: 'option/invalid', message: /odd/ })
  t.throws(() => validate(person, { emit: 'some' as never }), { code: 'option/invalid' })
  t.throws(() => validate(person, { emit: 'all' }).pipe(split({ valid: '/dev/null' })), { code: 'option/invalid' })
})

t.test('extend and strict keep the rules; a function and Standard Schema ask them too', async (t) => {
  for (const kept of [odd.extend({ more: field.string().optional() }), odd.strict(), schema({}).extend(odd)]) {
    t.match((await runText(`${header}${line(2)}`, kept)).violations, [{ rule: 'odd' }])
    t.match(kept['~standard'].validate(object(2)), { issues: [{ message: 'is even' }] })
  }
  t.strictSame(odd['~standard'].validate(object(1)), { value: object(1) })
  t.throws(() => validated(odd, (record) => record.id)(object(2)), { code: 'record/invalid', violations: [{ rule: 'odd' }] })
  const late = person.check('late', async () => 'is late')
  t.match(await late['~standard'].validate(object(1)), { issues: [{ message: 'is late' }] })
  t.match(await failureOf(validated(late, async (record) => record.id)(object(1))), { violations: [{ rule: 'late' }] })
})

t.test('a stream that is destroyed tells no counts that rules have not seen', async (t) => {
  const check = validate(person.check('never', () => new Promise(() => {})))
  check.on('error', () => {})
  check.write(Buffer.from(`${header}${lines(1, 5)}`))
  await new Promise((resolve) => setTimeout(resolve, 60))
  check.destroy()
  t.equal(check.report, undefined)
  t.match(check.counts, { read: 0 } satisfies Partial<Verdict['counts']>)
})
