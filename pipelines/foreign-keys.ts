/**
 * Flights of airlines and between airports that other files know.
 *
 *     node build/pipelines/foreign-keys.js flights.csv airlines.csv airports.ndjson valid.csv
 */
import { pipeline } from 'node:stream/promises'
import { field, fileSource, schema, split, validate } from 'sluice'

const [flights = '', airlines = '', airports = '', valid = ''] = process.argv.slice(2)

const flight = schema({
  carrier: field.string(),
  from: field.string(),
  to: field.string().optional(),
})
  .references('carrier', 'airlines', 'code')
  .references('from', 'airports', 'code')
  .references('to', 'airports', 'code')

const check = validate(flight, { resources: { airlines, airports } })
await pipeline(fileSource(flights), check, split({ valid }))

console.log(`${check.counts.read} records, ${check.counts.valid} valid`)
for (const { field, code, rule, samples } of check.report?.rules ?? []) {
  for (const { line, value } of samples) console.log(`line ${line}: ${code}, ${field} ${JSON.stringify(value)} (${rule})`)
}
