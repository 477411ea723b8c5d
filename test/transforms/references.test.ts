import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { validate } from 'sluice'
import t from 'tap'

const schema = { properties: { a: { $ref: 'https://example.org/count.json' } } } as const

t.test('a schema outside of the schema is reached only where it was given', async (t) => {
  t.throws(() => validate(schema), { code: 'schema/invalid', message: /https:\/\/example\.org\/count\.json/ })
  const check = validate(schema, { references: { 'https://example.org/count.json': { type: 'integer', minimum: 1 } } })
  await pipeline(Readable.from(['{"a":1}\n{"a":0}\n{"a":"x"}\n']), check, async (chunks) => {
    for await (const _ of chunks);
  })
  t.match(check.report?.counts, { read: 3, valid: 1, invalid: 2 })
})

t.test('references of another shape are refused', async (t) => {
  for (const references of ['x', null, []]) {
    t.throws(() => validate(schema, { references: references as never }), { code: 'option/invalid' })
  }
})
