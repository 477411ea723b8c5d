import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import fc from 'fast-check'
import {
  checkRecord,
  explain,
  field,
  type Infer,
  type JSONSchema,
  LimitError,
  mergeReports,
  type Severity,
  schema,
  split,
  type ValidateOptions,
  validate,
  validated,
  validateMessages,
} from 'sluice'
import t from 'tap'
import { failureOf, parsed, pieces, runBytes, runText, timeless } from './run-validate.js'

const weighed = schema({
  id: field.integer().min(1),
  name: field.string().maxLength(3).severity('warning', 'maxLength'),
  unit: field.string().enum(['C', 'F']).severity('abort', 'enum'),
}).rule('small', 'id < 100', { severity: 'warning' })
const text = 'id,name,unit\n1,Ada,C\n2,Grace,C\n0,Edsger,F\n100,Al,F\n'

t.test('a warning is told and counted, and the record passes', async (t) => {
  for (const options of [{}, { batchBytes: 7 }, { threads: 3, batchBytes: 20 }]) {
    const { valid, invalid, violations, counts, report } = await runText(text, weighed, options)
    t.equal(valid, 'id,name,unit\n1,Ada,C\n2,Grace,C\n100,Al,F\n')
    t.equal(invalid, 'id,name,unit\n0,Edsger,F\n')
    t.strictSame(
      violations.map(({ record, code, rule, severity }) => [record, code, rule, severity]),
      [
        [2, 'maxLength', undefined, 'warning'],
        [3, 'minimum', undefined, undefined],
        [3, 'maxLength', undefined, 'warning'],
        [4, 'rule', 'small', 'warning'],
      ],
    )
    t.strictSame(counts, { read: 4, valid: 3, invalid: 1, violations: 1, warnings: 3 })
    t.strictSame(report.counts, counts)
    t.strictSame(
      report.rules.map(({ field, code, severity, count, samples }) => [field, code, severity, count, samples.length]),
      [
        ['name', 'maxLength', 'warning', 2, 2],
        [null, 'rule', 'warning', 1, 1],
        ['id', 'minimum', undefined, 1, 1],
      ],
    )
  }
})

t.test('abort stops at the record, with its rule and its place', async (t) => {
  const input = `${text}5,Ada,K\n6,Ada,C\n`
  for (const options of [{}, { batchBytes: 7 }, { threads: 3, batchBytes: 20 }, { violationsPerRecordMax: 1 }]) {
    const error = await failureOf(runText(input, weighed, { source: 'in.csv', ...options }))
    t.ok(error instanceof LimitError)
    t.match(error, {
      code: 'limit/abort',
      violation: { code: 'enum', field: 'unit', record: 5, line: 6, byte: 51, value: 'K', severity: 'abort' },
    })
    t.equal(
      error.message,
      'Stopped at record 5 of in.csv (line 6, byte 51), which does not meet the rule enum of "unit", whose severity is abort.',
    )
    t.match(error.report, { complete: false, counts: { read: 5, valid: 3, invalid: 2, violations: 2, warnings: 3 } })
  }
  const utf16 = Buffer.from(`\ufeff${input}`, 'utf16le')
  const error = (await failureOf(runBytes([utf16], weighed))) as LimitError
  t.match(error.violation, { record: 5, line: 6, byte: 2 + 2 * 51 }, 'places are those of the source')
})

t.test('maxErrors counts what refuses alone; what comes first stops the stream', async (t) => {
  t.match(await runText(text, weighed, { maxErrors: 1 }), { report: { complete: true } })
  t.match(await failureOf(runText(`${text}5,Ada,K\n`, weighed, { maxErrors: 0 })), {
    code: 'limit/max-errors',
    report: { counts: { read: 3 } },
  })
  t.match(await failureOf(runText(`${text}5,Ada,K\n`, weighed, { maxErrors: 1 })), { code: 'limit/abort', report: { counts: { read: 5 } } })
})

t.test('the warm-up of a share in maxErrors is an option', async (t) => {
  const rows = Array.from({ length: 40 }, (_, at) => (at % 4 === 3 ? '0,Ada,C\n' : '1,Ada,C\n')).join('')
  const stoppedAt = async (options: ValidateOptions) =>
    (await failureOf(runText(`id,name,unit\n${rows}`, weighed, { maxErrors: '20%', ...options }))).report?.counts.read
  t.equal(await stoppedAt({}), 40, 'at the end, since there are fewer than 1,000')
  t.equal(await stoppedAt({ maxErrorsWarmUp: 1 }), 4)
  t.equal(await stoppedAt({ maxErrorsWarmUp: 9 }), 12)
  t.throws(() => validate(weighed, { maxErrorsWarmUp: 0 }), { code: 'option/invalid' })
})

t.test('objects: warnings ride on the verdict, and split tells of them in their order', async (t) => {
  const records = [
    { id: 1, name: 'Grace', unit: 'C' },
    { id: 0, name: 'Edsger', unit: 'C' },
    { id: 2, name: 'Ada', unit: 'C' },
    { id: 300, name: 'Ada', unit: 'F' },
  ]
  const judged = await Readable.from(records)
    .pipe(validate(weighed, { emit: 'all' }))
    .toArray()
  t.strictSame(
    judged.map(({ valid, violations }) => [
      valid,
      violations.map(({ code, severity }: { code: string; severity?: string }) => [code, severity]),
    ]),
    [
      [true, [['maxLength', 'warning']]],
      [
        false,
        [
          ['minimum', undefined],
          ['maxLength', 'warning'],
        ],
      ],
      [true, []],
      [true, [['rule', 'warning']]],
    ],
  )
  const folder = t.testdir()
  const path = (name: string) => join(folder, name)
  const sink = split({ valid: path('valid'), invalid: path('invalid'), violations: path('violations'), report: path('report') })
  await pipeline(Readable.from(records), validate(weighed), sink)
  t.equal(readFileSync(path('valid'), 'utf8').split('\n').length, 4)
  t.equal(readFileSync(path('invalid'), 'utf8').split('\n').length, 2)
  t.strictSame(
    parsed(readFileSync(path('violations'))).map(({ record }) => record),
    [1, 2, 2, 4],
  )
  t.strictSame(JSON.parse(readFileSync(path('report'), 'utf8')).counts, { read: 4, valid: 3, invalid: 1, violations: 1, warnings: 3 })
})

t.test('rules in JavaScript have severities, too', async (t) => {
  const checked = schema({ id: field.integer(), name: field.string().maxLength(3).severity('warning') })
    .check('even', ({ id }) => id % 2 === 0 || 'is odd', { severity: 'warning' })
    .check('later', async ({ id }) => id < 5 || 'is large', { severity: 'warning' })
    .check('positive', ({ id }) => id > 0 || 'is not positive')
    .check(
      'sound',
      ({ id }) => {
        if (id === 4) throw new Error('no')
        return true
      },
      { severity: 'warning' },
    )
  const input = 'id,name\n1,Grace\n2,Ada\n-1,Grace\n4,Ada\n7,Ada\n'
  for (const options of [{}, { batchBytes: 9 }]) {
    const { valid, invalid, violations, counts, report } = await runText(input, checked, options)
    t.equal(valid, 'id,name\n1,Grace\n2,Ada\n4,Ada\n7,Ada\n')
    t.equal(invalid, 'id,name\n-1,Grace\n')
    t.strictSame(
      violations.map(({ record, code, rule, severity }) => `${record} ${code} ${rule ?? ''} ${severity ?? ''}`.trim()),
      [
        '1 maxLength  warning',
        '1 check/refused even warning',
        '3 maxLength  warning',
        '3 check/refused even warning',
        '3 check/refused positive',
        '4 check/failed sound warning',
        '5 check/refused even warning',
        '5 check/refused later warning',
      ],
    )
    t.strictSame(counts, { read: 5, valid: 4, invalid: 1, violations: 1, warnings: 7 })
    t.strictSame(report.counts, counts)
    t.equal(
      report.rules.filter(({ severity }) => severity === 'warning').reduce((sum, { count }) => sum + count, 0),
      7,
    )
  }
  const objects = [
    { id: 1, name: 'x' },
    { id: -2, name: 'Grace' },
    { id: 2, name: 'x' },
  ]
  const check = validate(checked, { emit: 'all' })
  const judged = await Readable.from(objects).pipe(check).toArray()
  t.strictSame(
    judged.map(({ valid, violations }) => [valid, violations.length]),
    [
      [true, 1],
      [false, 2],
      [true, 0],
    ],
  )
  t.match(check.report, { counts: { read: 3, valid: 2, invalid: 1, violations: 1, warnings: 2 } })
  t.throws(() => checked.check('x', () => true, { severity: 'fatal' as Severity }), {
    code: 'option/invalid',
    message: /error, warning or abort/,
  })
  t.throws(() => checked.check('x', () => true, { weight: 1 } as never), { code: 'option/invalid' })
})

t.test('one value at a time: warnings are told by checkRecord alone', async (t) => {
  const json = weighed.toJSONSchema()
  t.match(checkRecord(json, { id: 1, name: 'Grace', unit: 'C' }), [{ code: 'maxLength', severity: 'warning' }])
  t.equal(weighed['~standard'].validate({ id: 1, name: 'Grace', unit: 'C' }).issues, undefined)
  t.equal(weighed['~standard'].validate({ id: 1, name: 'Grace', unit: 'K' }).issues?.length, 1)
  const name = validated(weighed, (record) => record.name)
  t.equal(name({ id: 1, name: 'Grace', unit: 'C' }), 'Grace')
  t.throws(() => name({ id: 0, name: 'Grace', unit: 'C' }), { code: 'record/invalid' })
  const many = { properties: { a: { items: { maximum: 1, 'x-severity': 'warning' }, maxItems: 1 } } } as JSONSchema
  const record = { a: Array.from({ length: 2_000 }, () => 2) }
  t.ok(
    checkRecord(many, record).some(({ severity }) => severity === undefined),
    'warnings crowd out no error',
  )
})

t.test('messages: warnings ride on valid ones, and abort ends the batch', async (t) => {
  const check = validateMessages(weighed)
  const message = (value: object, offset: number) => ({ topic: 'a', partition: 0, offset: String(offset), value: JSON.stringify(value) })
  const good = [message({ id: 1, name: 'Grace', unit: 'C' }, 1), message({ id: 0, name: 'Ada', unit: 'C' }, 2)]
  const verdicts = await check.batch(good)
  t.match(verdicts, [
    { valid: true, violations: [{ code: 'maxLength', severity: 'warning', source: 'a/0/1', record: 1 }] },
    { valid: false, violations: [{ code: 'minimum', source: 'a/0/2' }] },
  ])
  const committed: unknown[] = []
  const refused: unknown[] = []
  const targets = {
    valid: () => {},
    invalid: (found: unknown[]) => refused.push(...found),
    commit: (positions: unknown) => committed.push(positions),
  }
  t.strictSame(await check.split(Readable.from([good]), targets), { read: 2, valid: 1, invalid: 1, violations: 1, warnings: 1 })
  t.equal(refused.length, 1)
  committed.length = 0
  const bad = [...good, message({ id: 1, name: 'Ada', unit: 'K' }, 3)]
  const failed = await failureOf(check.split(Readable.from([bad]), targets))
  t.match(failed, { code: 'limit/abort', message: /a\/0\/3.*enum of "unit"/ })
  t.strictSame(committed, [], 'nothing of that batch is done with')
})

t.test('split leaves violations and report of a stream that was stopped, and no half of a file', async (t) => {
  const folder = t.testdir()
  const path = (name: string) => join(folder, name)
  const sink = split({ valid: path('valid'), invalid: path('invalid'), violations: path('violations'), report: path('report') })
  const error = await failureOf(pipeline(Readable.from([Buffer.from(`${text}5,Ada,K\n6,Ada,C\n`)]), validate(weighed), sink))
  t.match(error, { code: 'limit/abort' })
  t.strictSame([existsSync(path('valid')), existsSync(path('invalid'))], [false, false])
  t.match(parsed(readFileSync(path('violations'))).at(-1), { severity: 'abort', record: 5 })
  t.match(JSON.parse(readFileSync(path('report'), 'utf8')), { complete: false, counts: { read: 5 } })
})

t.test('reports merge, each rule by its severity', async (t) => {
  const one = (await runText(text, weighed)).report
  const merged = mergeReports(one, one)
  t.strictSame(merged.counts, { read: 8, valid: 6, invalid: 2, violations: 2, warnings: 6 })
  t.match(merged.rules, [{ code: 'maxLength', severity: 'warning', count: 4 }, {}, {}])
  const twice = { properties: { a: { allOf: [{ maximum: 5 }, { maximum: 3, 'x-severity': 'warning' }] } } } as JSONSchema
  const { report } = await runText('{"a":4}\n{"a":6}\n', twice, { format: 'ndjson' })
  t.strictSame(
    report.rules.map(({ field, code, severity, count }) => [field, code, severity, count]),
    [
      ['a', 'maximum', 'warning', 2],
      ['a', 'maximum', undefined, 1],
    ],
    'a warning and an error of one keyword are two rules',
  )
  const { warnings: _warnings, ...older } = one.counts
  const before = { ...one, counts: older, rules: [] } as unknown as typeof one
  t.equal(mergeReports(before, one).counts.warnings, 3, 'a report of before there were warnings has none')
})

t.test('the builder: severity of a field, of keywords, of an object', async (t) => {
  const json = (each: { toJSONSchema(): unknown }) => (each.toJSONSchema() as { 'x-severity'?: unknown })['x-severity']
  t.equal(json(field.string().minLength(1).severity('warning')), 'warning')
  t.strictSame(json(field.string().minLength(1).pattern(/x/).severity('warning', 'pattern').severity('abort', 'minLength', 'type')), {
    pattern: 'warning',
    minLength: 'abort',
    type: 'abort',
  })
  for (const make of [
    () => field.string().severity('warning', 'pattern'),
    () => field.string().minLength(1).severity('warning').severity('abort'),
    () => field.string().minLength(1).severity('warning').severity('abort', 'minLength'),
    () => field.string().minLength(1).severity('warning', 'minLength').severity('abort', 'minLength'),
    () =>
      field
        .string()
        .minLength(1)
        .severity('fatal' as 'abort'),
    () => schema({ a: field.string() }).rule('a', 'a == ""', { severity: 'fatal' as 'abort' }),
  ])
    t.throws(make, { code: 'option/invalid' })
  t.throws(() => validate(schema({ a: field.string().severity('warning') })), {
    code: 'schema/severity',
    message: /#\/properties\/a\/x-severity/,
  })
  const listed = schema({
    kind: field.string().enum(['a', 'b']).severity('warning'),
    box: field.object({ a: field.integer() }).severity('warning'),
  })
  // A record with a warning has what the type does not rule out.
  const record: Infer<typeof listed> = { kind: 'c', box: {} }
  t.match(checkRecord(listed.toJSONSchema(), record), [{ code: 'enum' }, { code: 'required' }])
})

t.test('explain tells of severities', async (t) => {
  const told = explain(weighed.check('x', () => true, { severity: 'warning' }))
  const of = (pointer: string, keyword: string) => told.find((each) => each.pointer === pointer && each.keyword === keyword)
  t.match(of('/properties/name/maxLength', 'maxLength'), { how: 'compiled', severity: 'warning' })
  t.equal(of('/properties/id/minimum', 'minimum')?.severity, undefined)
  t.match(of('/x-rules', 'x-rules'), { note: 'warning: small' })
  t.match(of('', 'check x'), { severity: 'warning' })
  const refused = explain({ anyOf: [{ minimum: 1, 'x-severity': 'warning' }] })
  t.match(
    refused.find(({ how }) => how === 'refused'),
    { pointer: '/anyOf/0/x-severity', note: /no violation of its own/ },
  )
})

t.test('law: severities, in any mixture, give one outcome whatever the chunks, batches and threads', async () => {
  const cell = fc.constantFrom('0', '1', '7', '200', 'x', '', '"a\nb"', 'Grace')
  const unit = fc.constantFrom('C', 'C', 'C', 'F', 'F', 'K', '')
  const severity = fc.constantFrom('error', 'warning', 'abort')
  const rows = fc.array(fc.tuple(cell, cell, unit), { maxLength: 40 })
  const sizes = fc.record({
    chunk: fc.integer({ min: 1, max: 60 }),
    batchBytes: fc.integer({ min: 1, max: 80 }),
    threads: fc.integer({ min: 1, max: 4 }),
  })
  const outcome = async (chunks: Iterable<Buffer>, json: JSONSchema, options: ValidateOptions) => {
    const made = { valid: '', invalid: '', violations: '', report: '' }
    const target = (name: keyof typeof made) =>
      new Writable({
        write(chunk, _encoding, next) {
          made[name] += chunk
          next()
        },
      })
    const sink = split({ violations: target('violations'), report: target('report'), valid: target('valid'), invalid: target('invalid') })
    const failure = await pipeline(Readable.from(chunks), validate(json, options), sink).then(
      () => undefined,
      (error) => ({ code: error.code, message: error.message, violation: error.violation }),
    )
    return { ...made, report: timeless(JSON.parse(made.report)), failure }
  }
  await fc.assert(
    fc.asyncProperty(rows, fc.tuple(severity, severity, severity), sizes, async (cells, [a, b, c], { chunk, ...options }) => {
      const json = {
        properties: {
          id: { type: 'integer', maximum: 100, 'x-severity': { maximum: a } },
          name: { maxLength: 3, 'x-severity': b },
          unit: { enum: ['C', 'F'], 'x-severity': c },
        },
      } as JSONSchema
      const bytes = Buffer.from(`id,name,unit\n${cells.map((row) => `${row.join(',')}\n`).join('')}`)
      const whole = await outcome([bytes], json, { threads: 1, format: 'csv' })
      t.strictSame(await outcome(pieces(bytes, chunk), json, { ...options, format: 'csv' }), whole)
    }),
    { numRuns: 150 },
  )
})
