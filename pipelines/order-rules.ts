/**
 * Orders as NDJSON; the rules are over several fields of each, with sums that are exact.
 *
 *     node build/pipelines/order-rules.js orders.ndjson out
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { field, fileSource, schema, split, validate } from 'sluice'

const line = field.object({ sku: field.string(), price: field.number().min(0), quantity: field.integer().min(1) })
const order = schema({
  ordered: field.string().format('date'),
  shipped: field.string().format('date').optional(),
  discount: field.number().min(0).optional(),
  lines: field.array(line).minItems(1),
  most: field.number(),
})
  .rule('shipped-after', '!has(this.shipped) || ordered <= shipped', { message: 'was shipped before it was ordered' })
  .rule('most', 'lines.all(line, line.price * line.quantity <= most)', { message: 'has a line above the most that it allows' })
  .rule('discount', 'discount < most || !has(this.discount)')

const [input = 'orders.ndjson', folder = 'out'] = process.argv.slice(2)
await mkdir(folder, { recursive: true })

const check = validate(order, { format: 'ndjson' })
const sink = split({
  valid: join(folder, 'valid.ndjson'),
  invalid: join(folder, 'invalid.ndjson'),
  violations: join(folder, 'violations.ndjson'),
})
await pipeline(fileSource(input), check, sink)

for (const { rule, code, count } of check.report?.rules ?? []) console.log(`${rule ?? code}: ${count}`)
