import fc from 'fast-check'
import { mergeReports, type Report } from 'sluice'
import t from 'tap'
import { header, lines, person } from '../transforms/people.js'
import { runText } from '../transforms/run-validate.js'

const rule = fc.record({
  field: fc.constantFrom(null, 'a', 'b'),
  keyword: fc.constantFrom(null, 'type', 'minimum'),
  code: fc.constantFrom('type', 'minimum', 'fields/short'),
  samples: fc.array(
    fc.record({
      source: fc.constantFrom(null, 'x.csv', 'y.csv'),
      record: fc.integer({ min: 1, max: 9 }),
      line: fc.option(fc.integer({ min: 1, max: 9 })),
      byte: fc.option(fc.integer({ min: 0, max: 9 })),
      column: fc.option(fc.integer({ min: 0, max: 3 })),
      value: fc.oneof(fc.string({ maxLength: 2 }), fc.integer(), fc.constant(null)),
    }),
    { maxLength: 4 },
  ),
  more: fc.nat({ max: 5 }),
})
const time = fc.integer({ min: 0, max: 1e12 }).map((at) => new Date(at).toISOString())
const zero = { read: 0, valid: 0, invalid: 0, violations: 0 }

/** A report as it comes out of a merge: with rules and samples in their one order. */
const report: fc.Arbitrary<Report> = fc
  .record({
    version: fc.constantFrom('0.9.0', '0.10.0', '0.10.0-rc.1', 'another'),
    schemaDigest: fc.constant(`sha256:${'0'.repeat(64)}`),
    format: fc.constantFrom('csv' as const, 'ndjson' as const, 'records' as const),
    encoding: fc.constantFrom('utf-8' as const, 'latin1' as const, null),
    delimiter: fc.constantFrom(',', ';', null),
    delimiterConfidencePercent: fc.constantFrom(null, 60, 99),
    source: fc.constantFrom(null, 'x.csv', 'y.csv'),
    bytes: fc.nat(),
    counts: fc.record({ read: fc.nat(), valid: fc.nat(), invalid: fc.nat(), violations: fc.nat(), warnings: fc.nat() }),
    undecided: fc.nat(),
    violationsUnwritten: fc.nat(),
    samplesPerRule: fc.constantFrom(0, 2, 5),
    rules: fc.uniqueArray(rule, { selector: ({ field, keyword, code }) => `${field} ${keyword} ${code}`, maxLength: 5 }),
    startedAt: time,
    endedAt: time,
    complete: fc.boolean(),
  })
  .map(({ rules, ...rest }) => {
    const counted = rules.map(({ more, ...each }) => ({ ...each, count: each.samples.length + more }))
    const whole = { ...rest, sources: rest.source === null ? [] : [rest.source], rules: counted }
    const nothing = { ...whole, counts: zero, bytes: 0, undecided: 0, violationsUnwritten: 0, rules: [] }
    return mergeReports(whole, nothing)
  })

t.test('in any order', (t) => {
  fc.assert(fc.property(report, report, (a, b) => same(mergeReports(a, b), mergeReports(b, a))))
  t.pass('the same comes out')
  t.end()
})

t.test('in any grouping', (t) => {
  fc.assert(
    fc.property(report, report, report, (a, b, c) => same(mergeReports(mergeReports(a, b), c), mergeReports(a, mergeReports(b, c)))),
  )
  fc.assert(fc.property(report, report, report, (a, b, c) => same(mergeReports(a, b, c), mergeReports(mergeReports(c, a), b))))
  fc.assert(fc.property(report, (a) => same(mergeReports(a), a)))
  t.pass('the same comes out')
  t.end()
})

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

t.test('the parts of real inputs', async (t) => {
  const parts = [lines(1, 100), lines(101, 250), lines(251, 300)]
  const reports = await Promise.all(parts.map(async (text, at) => (await runText(header + text, person, { source: `${at}.csv` })).report))
  const merged = mergeReports(...reports)
  t.match(merged, {
    source: null,
    sources: ['0.csv', '1.csv', '2.csv'],
    counts: { read: 300, valid: 270, invalid: 30, violations: 30 },
    bytes: reports.reduce((sum, { bytes }) => sum + bytes, 0),
    complete: true,
    rules: [{ field: 'age', count: 30 }],
  })
  t.strictSame(merged.rules[0]?.samples, reports[0]?.rules[0]?.samples, 'those with the smallest positions')
  const stopped = { ...(reports[0] as Report), complete: false }
  t.equal(mergeReports(merged, stopped).complete, false)
  const versions = ['0.9.0', '0.10.0', '0.10.0-rc.1'].map((version) => ({ ...stopped, version }))
  t.equal(mergeReports(...versions).version, '0.10.0', 'the latest version, not the largest text')
})

t.test('what does not merge', async (t) => {
  const one = (await runText(`${header}1,a,20\n`, person)).report
  const other = (await runText(`${header}1,a,20\n`, true)).report
  t.throws(() => mergeReports(one, other), { code: 'report/mismatch' })
  for (const none of [{}, null, 'text', { ...one, counts: { read: 'x' } }])
    t.throws(() => mergeReports(none as never), { code: 'report/invalid' })
  t.throws(() => mergeReports(), { name: 'SluiceError' })
})
