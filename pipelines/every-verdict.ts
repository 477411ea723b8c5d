/**
 * Every object with its verdict, none held back.
 *
 *     node build/pipelines/every-verdict.js people.csv
 */
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { parse } from 'csv-parse'
import { field, type Judged, schema, validate } from 'sluice'

const person = schema({ id: field.integer(), age: field.integer().min(18) })

const [path = 'people.csv'] = process.argv.slice(2)
await pipeline(
  createReadStream(path),
  parse({ columns: true }),
  validate(person, { emit: 'all' }),
  async (people: AsyncIterable<Judged<{ id: string }>>) => {
    for await (const { record, valid, violations } of people)
      console.log(record.id, valid ? 'valid' : violations.map(({ message }) => message).join(', '))
  },
)
