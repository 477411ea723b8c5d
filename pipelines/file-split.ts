/**
 * A CSV file in; the valid records, the refused ones, the reasons and a report out.
 *
 *     node build/pipelines/file-split.js people.csv out
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { field, fileSource, schema, split, validate } from 'sluice'

const person = schema({
  user_id: field.string().pattern(/^\d{6}$/),
  email: field.string().format('email'),
  age: field.integer().min(18).max(120),
  balance: field.number().min(0).optional(),
})

const [input = 'people.csv', folder = 'out'] = process.argv.slice(2)
await mkdir(folder, { recursive: true })

const check = validate(person, { mask: ['email'] })
const sink = split({
  valid: join(folder, 'valid.csv'),
  invalid: join(folder, 'invalid.csv'),
  violations: join(folder, 'violations.ndjson'),
  report: join(folder, 'report.json'),
})
await pipeline(fileSource(input), check, sink)

const { read, valid, invalid } = check.counts
console.log(`${read} records read, ${valid} valid, ${invalid} invalid`)
