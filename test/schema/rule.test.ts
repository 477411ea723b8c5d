import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { explain, field, fromJSONSchema, schema, validate } from 'sluice'
import t from 'tap'

const stays = schema({ start: field.string().format('date'), end: field.string().format('date').optional(), nights: field.integer() })

t.test('a rule is a keyword of the schema, which stays as it was', async (t) => {
  const ruled = stays.rule('dates', '!has(this.end) || start <= end', { message: 'ends before it starts' }).rule('nights', 'nights > 0')
  t.strictSame(ruled.toJSONSchema()['x-rules'], [
    { id: 'dates', cel: '!has(this.end) || start <= end', message: 'ends before it starts' },
    { id: 'nights', cel: 'nights > 0' },
  ])
  t.equal('x-rules' in stays.toJSONSchema(), false)
  t.strictSame(ruled.strict().toJSONSchema()['x-rules'], ruled.toJSONSchema()['x-rules'])
  const wanted = { code: 'schema/invalid', message: /x-rules/ }
  t.throws(() => ruled.omit('end'), wanted, 'a rule may speak of the field')
  t.throws(() => ruled.pick('start'), wanted)
  t.throws(() => ruled.partial(), wanted, 'or rest on its being there')
  t.throws(() => ruled.extend({ end: field.integer() }), wanted, 'or on its type')
  t.throws(() => stays.extend(ruled), wanted)
  t.match(
    explain(ruled).find(({ keyword }) => keyword === 'x-rules'),
    { how: 'compiled' },
  )
})

t.test('Standard Schema knows the rules', async (t) => {
  const ruled = stays.rule('nights', 'nights > 0', { message: 'is no stay' })
  t.strictSame(ruled['~standard'].validate({ start: '2026-01-01', nights: 1 }), { value: { start: '2026-01-01', nights: 1 } })
  t.match(ruled['~standard'].validate({ start: '2026-01-01', nights: 0 }), { issues: [{ message: /is no stay/ }] })
})

t.test('a record that is no object meets no rule, as an object of a stream and in bytes', async (t) => {
  const ruled = fromJSONSchema({ properties: { a: { type: 'integer' } }, 'x-rules': [{ id: 'r', cel: 'a > 1' }] })
  const records = [{ a: 2 }, 5, [1], { a: 1 }, true, {}]
  const passed = async (source: Iterable<unknown>, options: object) => {
    const gate = validate(ruled, options)
    const found: unknown[] = []
    const keep = new Writable({ objectMode: true, write: (chunk, _encoding, next) => next(void found.push(chunk)) })
    await pipeline(Readable.from(source), gate, keep)
    const rules = gate.report?.rules.map(({ code, rule, count }) => [code, rule, count])
    t.strictSame(rules, [
      ['rule/error', 'r', 4],
      ['rule', 'r', 1],
    ])
    return found
  }
  t.strictSame(await passed(records, {}), [{ a: 2 }])
  const lines = records.map((record) => `${JSON.stringify(record)}\n`).join('')
  t.equal((await passed([Buffer.from(lines)], { format: 'ndjson' })).join(''), '{"a":2}\n')
})

t.test('what cannot be meant is refused', async (t) => {
  const unsound = (made: () => unknown, message: RegExp) => t.throws(made, { code: 'option/invalid', message })
  unsound(() => stays.rule('', 'true'), /id/)
  unsound(() => stays.rule(5 as never, 'true'), /id/)
  unsound(() => stays.rule('a', undefined as never), /expression/)
  unsound(() => stays.rule('a', 'true', { mesage: 'x' } as never), /mesage/)
  unsound(() => stays.rule('a', 'true', { message: 5 as never }), /message/)
  unsound(() => stays.rule('a', 'true', null as never), /options/i)
  unsound(() => stays.rule('a', 'true').rule('a', 'false'), /already/)
  const refused = (cel: string, message: RegExp) => t.throws(() => validate(stays.rule('a', cel)), { code: 'schema/rule', message })
  refused('ende > start', /#\/x-rules\/0\/cel: .*no field "ende"/)
  refused('nights > start', /cannot be compared/)
  refused('today() > start', /no function "today"/)
  t.throws(() => validate(fromJSONSchema({ 'x-rules': [{ id: 'a' }] as never })), { code: 'schema/invalid' })
  t.throws(() => validate(stays, { ruleStepsMax: 0 }), { code: 'option/invalid' })
})
