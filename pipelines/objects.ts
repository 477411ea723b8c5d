/**
 * Typed objects of the valid records of a CSV, with a rule across fields in JavaScript.
 *
 *     node build/pipelines/objects.js orders.csv
 */
import { pipeline } from 'node:stream/promises'
import { field, fileSource, records, schema, validate } from 'sluice'

const order = schema({
  id: field.integer().min(1),
  from: field.string().format('date'),
  until: field.string().format('date'),
  price: field.number().min(0),
  express: field.boolean().optional(),
}).check('ends after it starts', ({ from, until }) => from <= until || 'ends before it starts')

const [path = 'orders.csv'] = process.argv.slice(2)
let total = 0
const check = validate(order)
await pipeline(
  fileSource(path),
  check,
  records(order, { onVerdict: ({ violations }) => process.stderr.write(violations) }),
  async (orders) => {
    // The type of `price` is number, and what it has of pence is what a double has.
    for await (const { price, express } of orders) total += express ? price * 2 : price
  },
)
console.log(`${check.counts.valid} of ${check.counts.read} orders, ${total} in all`)
