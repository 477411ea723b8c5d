import { Writable } from 'node:stream'
import { field, fromJSONSchema, type JSONSchemaObject, mergeReports, type Report, schema as record, validate, validateFiles } from 'sluice'
import t from 'tap'
import { failureOf, runBytes, runText } from './run-validate.js'

const text = { type: ['string', 'null'] }

t.test('x-order: a record that breaks the order to the last one that kept it is refused', async (t) => {
  const schema: JSONSchemaObject = { properties: { n: { type: 'number', maximum: 100 } }, 'x-order': [{ field: 'n' }] }
  const { valid, violations } = await runText('n\n1\n2.0\n2\n500\n1.5\n\n1e1\n10.0\n9\n', schema, { source: 'n.csv' })
  t.equal(valid, 'n\n1\n2.0\n2\n\n1e1\n10.0\n', 'what is missing is not looked at, nor what is refused for another reason')
  t.match(violations, [
    { code: 'maximum', record: 4 },
    {
      code: 'order/broken',
      keyword: 'x-order',
      field: 'n',
      record: 5,
      value: '1.5',
      params: { direction: 'ascending', strict: false, after: { record: 3, line: 4, source: 'n.csv' } },
    },
    { code: 'order/broken', record: 9, params: { after: { record: 8 } } },
  ])
})

t.test('x-order: strict, descending, texts, points in time', async (t) => {
  const refused = async (order: object, field: object, values: unknown[]) => {
    const schema = { properties: { v: field }, 'x-order': [{ field: 'v', ...order }] } as JSONSchemaObject
    const { violations } = await runText(values.map((v) => `${JSON.stringify({ v })}\n`).join(''), schema)
    return violations.map(({ record, code }) => `${record} ${code}`)
  }
  t.strictSame(await refused({ strict: true }, {}, [1, 1, 2]), ['2 order/broken'])
  t.strictSame(await refused({ direction: 'descending' }, {}, [3, 3, 2, 4]), ['4 order/broken'])
  t.strictSame(await refused({ direction: 'descending', strict: true }, {}, [3, 3, 2]), ['2 order/broken'])
  t.strictSame(await refused({}, {}, ['a', 'B', 'é', '\u{ffff}', '\u{10000}', 'z']), ['2 order/broken', '6 order/broken'])
  t.strictSame(await refused({}, {}, [1, 'a', true, null, 2]), ['2 order/incomparable', '3 order/incomparable'])
  t.strictSame(await refused({}, {}, [[1], 2]), ['1 order/incomparable'])
  const times = ['2024-05-01T12:00:00+02:00', '2024-05-01T10:00:00.5Z', '2024-05-01T11:00:00+02:00', '2024-05-01T10:00:00.50Z']
  t.strictSame(await refused({}, { format: 'date-time' }, times), ['3 order/broken'])
  t.strictSame(await refused({ strict: true }, { format: 'date-time' }, times), ['3 order/broken', '4 order/broken'])
})

t.test('x-order: what cannot be ordered surely is refused', async (t) => {
  const compiled = (v: object, order: object) => () => validate({ properties: { v }, 'x-order': [order] } as JSONSchemaObject)
  t.throws(compiled({ format: 'time' }, { field: 'v' }), { code: 'schema/stream-rule', message: /time/ })
  t.throws(compiled({ anyOf: [{ format: 'date-time' }, {}] }, { field: 'v' }), { code: 'schema/stream-rule', message: /date-time/ })
  t.throws(compiled({}, { field: 'w' }), { code: 'schema/stream-rule' })
  t.throws(compiled({}, { field: 'v', direction: 'up' }), { code: 'schema/invalid' })
  t.throws(compiled({}, { field: 'v', strictly: true }), { code: 'schema/invalid', message: /strictly/ })
  t.match(await failureOf(runBytes(['a\n1\n'], { properties: { v: {} }, 'x-order': [{ field: 'v' }] })), { code: 'header/missing' })
})

t.test('x-order: a rule in JavaScript that may refuse records is refused, one that is in CEL or only warns is not', async (t) => {
  const ordered = record({ id: field.integer() }).order('id')
  const isFit = ({ id }: { id: number }) => id !== 5 || 'it is five'
  const message = /x-order.*"fit" in JavaScript.*CEL/
  t.throws(() => validate(ordered.check('fit', isFit)), { code: 'schema/stream-rule', message })
  t.throws(() => validate(ordered.check('fit', isFit, { severity: 'abort' })), { code: 'schema/stream-rule', message })
  const input = 'id\n5\n3\n4\n'
  t.equal((await runText(input, ordered.rule('fit', 'id != 5'))).valid, 'id\n3\n4\n')
  t.equal((await runText(input, ordered.check('fit', isFit, { severity: 'warning' }))).valid, 'id\n5\n')
})

t.test('the other rules count what a rule in JavaScript refused', async (t) => {
  const isFit = ({ a }: { a: string | null }) => a !== null || 'it is missing'
  const fields = record({ id: field.integer(), a: field.string().nullable() })
  const whole = fields.unique('id').recordCount({ maximum: 2 }).missingRatio('a', 0.5).check('fit', isFit)
  const { valid, violations } = await runText('id,a\n1,\n1,x\n2,\n', whole)
  t.equal(valid, 'id,a\n')
  t.strictSame(
    violations.map(({ record, code }) => `${record} ${code}`),
    ['1 check/refused', '2 unique/duplicate', '3 check/refused', '0 recordCount/maximum', '0 missingRatio/maximum'],
  )
})

const bounded: JSONSchemaObject = {
  properties: { a: text, b: text },
  'x-recordCount': { minimum: 2, maximum: 4 },
  'x-missingRatio': { a: { maximum: 0.5 } },
}

t.test('bounds are asked at the end', async (t) => {
  const met = await runText('a,b\n1,2\n,2\n', bounded)
  t.match(met.report.streamRules, {
    streams: 1,
    bounds: [
      { field: null, code: 'recordCount/minimum', limit: 2, count: 2, of: 2, met: true },
      { field: null, code: 'recordCount/maximum', limit: 4, count: 2, of: 2, met: true },
      { field: 'a', code: 'missingRatio/maximum', limit: 0.5, count: 1, of: 2, met: true },
    ],
  })
  t.strictSame([met.violations, met.report.rules, met.report.counts.violations], [[], [], 0])
  const broken = await runText('a,b\n1,2\n,2\n,3\n1,2,3\n,\n', bounded, { source: 's.csv' })
  t.match(broken.violations, [
    { code: 'fields/long', record: 4 },
    {
      code: 'recordCount/maximum',
      keyword: 'x-recordCount',
      field: null,
      record: 0,
      line: null,
      source: 's.csv',
      params: { maximum: 4, count: 5 },
    },
    { code: 'missingRatio/maximum', field: 'a', record: 0, params: { maximum: 0.5, count: 3, of: 4 } },
  ])
  t.match(broken.report, { counts: { read: 5, valid: 4, invalid: 1, violations: 3 } })
  t.strictSame(broken.counts, broken.report.counts)
  t.match(
    broken.report.rules.map(({ code, field, count }) => `${count} ${field} ${code}`),
    ['1 null fields/long', '1 null recordCount/maximum', '1 a missingRatio/maximum'],
  )
  const none = await runText('', bounded, { allowEmpty: true })
  t.match(
    none.violations,
    [{ code: 'recordCount/minimum', message: /0 records, fewer than 2/ }],
    'no records, and so none in which a field is missing',
  )
})

t.test('bounds beside a rule in JavaScript, and of objects', async (t) => {
  const schema = fromJSONSchema(bounded).check('never', () => 'no')
  const { report, violations } = await runText('a,b\n1,2\n', schema)
  t.match(report, {
    counts: { read: 1, valid: 0, invalid: 1, violations: 2 },
    streamRules: { bounds: [{ count: 1, met: false }, { met: true }, { met: true }] },
  })
  t.equal(violations.length, 2)
  const check = validate(bounded)
  check.resume()
  check.end({ a: 'x' })
  await new Promise((resolve) => check.once('end', resolve))
  t.match(check.report, { counts: { violations: 1 }, rules: [{ code: 'recordCount/minimum' }] })
  t.equal(check.counts.violations, 1)
})

t.test('a stream that is stopped is not asked', async (t) => {
  const { report } = await failureOf(runBytes(['a,b\n1,2,3\n1,2,3\n'], { ...bounded, 'x-recordCount': { minimum: 9 } }, { maxErrors: 0 }))
  t.match(report, { complete: false, counts: { violations: 1 }, streamRules: { bounds: [{ met: null }, { met: null }] } })
})

t.test('reports merge: counts add up, and the bounds are asked again', async (t) => {
  const reports = await Promise.all(
    ['a,b\n1,2\n', 'a,b\n,2\n,3\n', 'a,b\n,2\n,3\n'].map(async (each) => (await runText(each, bounded)).report),
  )
  const [one, two, three] = reports as [Report, Report, Report]
  const merged = mergeReports(one, two, three)
  t.match(merged, {
    counts: { read: 5, violations: 2 },
    streamRules: {
      streams: 3,
      bounds: [
        { count: 5, met: true },
        { count: 5, met: false },
        { count: 4, of: 5, met: false },
      ],
    },
  })
  t.strictSame(mergeReports(three, mergeReports(two, one)), merged)
  t.strictSame(mergeReports(mergeReports(one, three), two), merged)
  t.strictSame(mergeReports(merged), merged)
})

t.test('several inputs are one whole', async (t) => {
  const folder = t.testdir({ 'a.csv': 'id,n\n1,1\n2,5\n', 'b.csv': 'id,n\n2,6\n3,3\n', 'c.csv': 'id,n\n4,7\n' })
  const schema: JSONSchemaObject = {
    properties: { id: { type: 'integer' }, n: { type: 'integer' } },
    'x-unique': ['id'],
    'x-order': [{ field: 'n' }],
    'x-recordCount': { minimum: 5, maximum: 5 },
  }
  const words = ['a', 'b', 'c'].map((name) => `${folder}/${name}.csv`)
  const violations: string[] = []
  const sink = () =>
    new Writable({
      objectMode: true,
      write: (chunk, _encoding, callback) => {
        const { verdictOf } = sluice
        violations.push(verdictOf(chunk)?.violations.toString() ?? '')
        callback()
      },
    })
  const sluice = await import('sluice')
  const reports: Report[] = []
  for await (const { report, error } of validateFiles(words, schema, { sink, jobs: 3 })) {
    t.equal(error, undefined)
    reports.push(report as Report)
  }
  t.match(
    violations
      .join('')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
    [
      { code: 'unique/duplicate', record: 1, source: words[1], params: { first: { record: 2, line: 3, source: words[0] } } },
      { code: 'order/broken', record: 2, source: words[1], params: { after: { record: 2, source: words[0] } } },
    ],
  )
  t.strictSame(
    reports.map(({ streamRules }) => [streamRules?.streams, streamRules?.bounds[0]?.met]),
    [
      [1, null],
      [0, null],
      [0, null],
    ],
  )
  t.match(mergeReports(...reports), { streamRules: { streams: 1, bounds: [{ count: 5, met: true }, { met: true }] } })
})

t.test('an input that fails ends the whole', async (t) => {
  const folder = t.testdir({ 'a.csv': 'id\n1\n', 'c.csv': 'id\n1\n' })
  const words = ['a', 'b', 'c'].map((name) => `${folder}/${name}.csv`)
  const told: unknown[] = []
  for await (const { error } of validateFiles(words, { properties: { id: {} }, 'x-unique': ['id'] }))
    told.push((error as { code?: string })?.code)
  t.strictSame(told, [undefined, 'input/not-found'])
})

t.test('the builder says them', async (t) => {
  const plain = record({ n: field.number(), name: field.string().optional() })
  const ruled = plain.order('n', { strict: true }).recordCount({ minimum: 2, maximum: 3 }).missingRatio('name', 0.5)
  t.match(ruled.toJSONSchema(), {
    'x-order': [{ field: 'n', strict: true }],
    'x-recordCount': { minimum: 2, maximum: 3 },
    'x-missingRatio': { name: { maximum: 0.5 } },
  })
  const { violations } = await runText('n,name\n1,\n1,\n2,a\n3,\n', ruled)
  t.strictSame(
    violations.map(({ code, record }) => `${record} ${code}`),
    ['2 order/broken', '0 recordCount/maximum', '0 missingRatio/maximum'],
  )
  t.throws(() => ruled.order('n'), { code: 'option/invalid', message: /already/ })
  t.throws(() => ruled.recordCount({ minimum: 1 }), { code: 'option/invalid', message: /both at once/ })
  t.throws(() => ruled.missingRatio('name', 1), { code: 'option/invalid', message: /already/ })
  // @ts-expect-error: no field
  t.throws(() => plain.order('time'), { code: 'option/invalid', message: /no field/ })
  // @ts-expect-error: no field
  t.throws(() => plain.missingRatio('mail', 0), { code: 'option/invalid', message: /no field/ })
})
