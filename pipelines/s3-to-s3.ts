/**
 * An object of S3 in; the valid records, the refused ones, the reasons and a report out, each an object that is made whole or not at all.
 *
 *     node build/pipelines/s3-to-s3.js s3://in/people.csv s3://out/people
 */
import { pipeline } from 'node:stream/promises'
import { field, s3Sink, s3Source, schema, split, validate } from 'sluice'

const person = schema({
  user_id: field.string().pattern(/^\d{6}$/),
  email: field.string().format('email'),
  age: field.integer().min(18).max(120),
  balance: field.number().min(0).optional(),
})

const [input = 's3://in/people.csv', output = 's3://out/people'] = process.argv.slice(2)
const check = validate(person, { mask: ['email'] })
const sink = split({
  valid: s3Sink(`${output}/valid.csv`, { contentType: 'text/csv', tags: { checked: 'yes' } }),
  // A URL is enough where nothing of the object is to be set.
  invalid: `${output}/invalid.csv`,
  violations: `${output}/violations.ndjson`,
  report: `${output}/report.json`,
})
await pipeline(s3Source(input), check, sink)

const { read, valid, invalid } = check.counts
console.log(`${read} records read, ${valid} valid, ${invalid} invalid`)
