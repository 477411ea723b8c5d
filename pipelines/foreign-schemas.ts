/**
 * A Frictionless Table Schema, or a suite of Great Expectations, asked of the records of a CSV.
 *
 *     node build/pipelines/foreign-schemas.js table-schema.json in.csv out/
 */
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileSource, fromExpectations, fromTableSchema, split, validate } from 'sluice'

const [schemaPath = 'schema.json', path = 'in.csv', folder = 'out'] = process.argv.slice(2)
const descriptor = JSON.parse(await readFile(schemaPath, 'utf8'))
const schema = 'expectations' in descriptor ? fromExpectations(descriptor) : fromTableSchema(descriptor)
await mkdir(folder, { recursive: true })
const check = validate(schema)
await pipeline(
  fileSource(path),
  check,
  split({ valid: join(folder, 'valid.csv'), invalid: join(folder, 'invalid.csv'), violations: join(folder, 'violations.ndjson') }),
)
console.log(`${check.counts.valid} of ${check.counts.read} records are valid`)
