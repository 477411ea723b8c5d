import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { mergeReports, type Report, validate } from 'sluice'
import t from 'tap'
import { header, lines, object, person } from '../transforms/people.js'
import { failureOf, runText } from '../transforms/run-validate.js'

const published = JSON.parse(readFileSync(new URL('../../../report.schema.json', import.meta.url), 'utf8'))
const meets = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(published)
const dirty = `${header}x,,7\n1,"a\n2,b\n\n3,c"d,4\n4,ok,99,more\n${lines(1, 50)}`

async function realReports(): Promise<Record<string, Report>> {
  const objects = validate(person)
  await Readable.from([1, 2, 3].map(object)).pipe(objects).toArray()
  const csv = (await runText(dirty, person, { source: 'a.csv' })).report
  const ndjson = (await runText('{"id":1}\n{"id":\n[]\n{"id":1,"id":"\\ud800"}\n', person, { format: 'ndjson' })).report
  const stopped = (await failureOf(runText(dirty, person, { maxErrors: 1 }))).report as Report
  return {
    csv,
    ndjson,
    stopped,
    objects: objects.report as Report,
    empty: (await runText('', person, { allowEmpty: true })).report,
    bare: (await runText(dirty, person, { samplesPerRule: 0, violationsPerRecordMax: 1, mask: ['age'] })).report,
    checked: (
      await runText(
        dirty,
        person.check('odd', ({ id }) => id % 2 === 1 || 'is even'),
        { source: 'a.csv' },
      )
    ).report,
    rules: (await runText('{"a":1}\n{}\n', { 'x-rules': [{ id: 'low', cel: 'a > 1' }] }, { format: 'ndjson' })).report,
    whole: (await runText('a\n1\n', { properties: { a: {} }, 'x-unique': ['a'], 'x-recordCount': { minimum: 2 } })).report,
    warned: (await runText('a\n1\n', { properties: { a: { type: 'integer', minimum: 2, 'x-severity': { minimum: 'warning' } } } })).report,
    merged: mergeReports(csv, ndjson, stopped),
  }
}

t.test('real reports meet the published schema', async (t) => {
  for (const [name, report] of Object.entries(await realReports())) t.ok(meets(report), name, { faults: meets.errors })
})

t.test('the schema names exactly what a report has, everywhere in it', async (t) => {
  const { csv, whole, warned } = await realReports()
  t.equal(warned?.counts.warnings, 1)
  const { bound, rule, sample } = published.$defs
  const places: [object | undefined, { properties: object; required: string[]; additionalProperties: boolean }][] = [
    [csv, published],
    [csv?.counts, published.properties.counts],
    [csv?.rules[0], rule],
    [csv?.rules[0]?.samples[0], sample],
    [whole?.streamRules, published.properties.streamRules],
    [whole?.streamRules?.bounds[0], bound],
  ]
  for (const [part, { properties, required, additionalProperties }] of places) {
    // Only rules in JavaScript and those of x-rules have a name of their own, few schemas ask anything of the whole stream, and few warn.
    const always = Object.keys(properties).filter((name) => !['rule', 'severity', 'streamRules', 'warnings'].includes(name))
    t.strictSame(always, Object.keys(part ?? {}))
    t.strictSame(required, always)
    t.equal(additionalProperties, false)
  }
})

t.test('broken reports do not', async (t) => {
  const { csv } = await realReports()
  const breaks: Record<string, (report: Record<string, any>) => void> = {
    'a count that is missing': ({ counts }) => delete counts.invalid,
    'a count below zero': ({ counts }) => (counts.read = -1),
    'a count that is no integer': (report) => (report.bytes = 1.5),
    'one name more': (report) => (report.extra = 1),
    'one name more within': ({ rules }) => (rules[0].samples[0].extra = 1),
    'an unknown format': (report) => (report.format = 'xml'),
    'another digest': (report) => (report.schemaDigest = 'md5:00'),
    'a time without milliseconds': (report) => (report.endedAt = '2020-01-01T00:00:00Z'),
    'a rule without a count': ({ rules }) => (rules[0].count = 0),
    'records that begin at 0': ({ rules }) => (rules[0].samples[0].record = 0),
    'a source that is no name': (report) => (report.source = 3),
    'complete as text': (report) => (report.complete = 'yes'),
  }
  for (const [name, breakIt] of Object.entries(breaks)) {
    const report = structuredClone(csv) as never
    breakIt(report)
    t.notOk(meets(report), name)
  }
})
