/**
 * Deliveries of several days as one whole: each id once, in the order of time, and none of the days forgotten.
 *
 *     node build/pipelines/unique-keys.js monday.csv tuesday.csv
 */
import { field, fromJSONSchema, mergeReports, type Report, schema, validateFiles } from 'sluice'

const delivery = schema({
  id: field.integer(),
  at: field.string().format('date-time'),
  note: field.string().optional(),
}).unique('id')

const rules = fromJSONSchema({
  ...delivery.toJSONSchema(),
  'x-order': [{ field: 'at' }],
  'x-recordCount': { minimum: 3 },
  'x-missingRatio': { note: { maximum: 0.5 } },
})

const reports: Report[] = []
for await (const { source, report, error } of validateFiles(process.argv.slice(2), rules)) {
  if (error || !report) throw new Error(`${source} cannot be read`, { cause: error })
  reports.push(report)
}
const { counts, rules: broken, streamRules } = mergeReports(...reports)
console.log(`${counts.read} records, ${counts.valid} valid`)
for (const { code, field, count } of broken) console.log(`${code} ${field ?? ''}`.trim(), count)
for (const { code, count, of, met } of streamRules?.bounds ?? []) console.log(`${code}: ${count} of ${of}, ${met ? 'met' : 'not met'}`)
