/**
 * Customers as CSV; what goes on is NDJSON without personal data: e-mail addresses are hashed with a key, account numbers masked.
 *
 *     HASH_KEY=secret node build/pipelines/customers-safe.js customers.csv out
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { field, fileSource, schema, split, validate } from 'sluice'

const customer = schema({
  id: field.integer(),
  email: field.string().format('email'),
  iban: field.string().minLength(15).optional(),
  country: field.string().minLength(2).maxLength(2).optional(),
  balance: field.number(),
})
  .strict()
  .transform([
    { trim: ['email'] },
    { case: { email: 'lower', country: 'upper' } },
    // A plain hash of an e-mail address is found by trying addresses; with a key it is not.
    { hash: { email: { algorithm: 'hmac-sha256' } } },
    { mask: { iban: { keepLast: 4 } } },
    { default: { country: 'CH' } },
    { rename: { id: 'customer_id' } },
    { constant: { source: 'shop' } },
  ])

const [input = 'customers.csv', folder = 'out'] = process.argv.slice(2)
await mkdir(folder, { recursive: true })

const check = validate(customer, { to: 'ndjson', hashKey: process.env['HASH_KEY'] })
const sink = split({ valid: join(folder, 'valid.ndjson'), invalid: join(folder, 'invalid.csv') })
await pipeline(fileSource(input), check, sink)

const { read, valid } = check.counts
console.log(`${valid} of ${read} customers`)
