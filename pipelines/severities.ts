/**
 * Sensor readings as CSV. A value that is odd is told and let through; one that is wrong is set aside; one that says that the whole file is not to be
 * trusted stops the run, with exit code 3 as the filter has.
 *
 *     node build/pipelines/severities.js readings.csv out
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { field, fileSource, LimitError, schema, split, validate } from 'sluice'

const reading = schema({
  sensor: field.string().pattern(/^S\d{3}$/),
  // Outside of what is usual, which may be: warn. Beyond what the sensor can measure: refuse.
  celsius: field.number().min(-90).max(60),
  // A unit that nobody knows of means that the columns have moved: stop.
  unit: field.string().enum(['C']).severity('abort', 'enum'),
  site: field
    .string()
    .pattern(/^[a-z-]+$/)
    .severity('warning', 'pattern'),
})
  .rule('usual', 'celsius > -30.0 && celsius < 45.0', { message: 'is unusually cold or hot', severity: 'warning' })
  .check('known', ({ sensor }) => sensor !== 'S999' || 'is a sensor that was taken down', { severity: 'warning' })

const [input = 'readings.csv', folder = 'out'] = process.argv.slice(2)
await mkdir(folder, { recursive: true })

const check = validate(reading)
const sink = split({
  valid: join(folder, 'valid.csv'),
  invalid: join(folder, 'invalid.csv'),
  violations: join(folder, 'violations.ndjson'),
  report: join(folder, 'report.json'),
})
try {
  await pipeline(fileSource(input), check, sink)
} catch (error) {
  if (!(error instanceof LimitError)) throw error
  console.error(error.message)
  process.exitCode = 3
}
const { valid, invalid, warnings } = check.counts
console.log(`${valid} valid, ${invalid} invalid, ${warnings} warnings`)
