import { execFile } from 'node:child_process'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { field, recordBatches, records, schema, validate } from 'sluice'
import t from 'tap'
import { header, lines, person } from './people.js'
import { failureOf } from './run-validate.js'

const csvOf = (text: string) => Readable.from([Buffer.from(text)])
const people = () => records(person)(csvOf(`${header}${lines(1, 40)}`).pipe(validate(person, { batchBytes: 256 })))

t.test('where no code can be made of text, the records are the same', async (t) => {
  const program = `
    import { Readable } from 'node:stream'
    import { records, validate } from 'sluice'
    const rules = { properties: { n: { type: 'number' }, e: { enum: ['a', null, true, 1] }, long: { type: 'string' } } }
    const row = (at) => [at % 3 ? at / 2 : -at, ['a', '', 'true', '1'][at % 4], at % 5 ? 'text ' + at : 'é'.repeat(200 + at), at].join(',') + '\\n'
    const csv = 'n,e,long,__proto__\\n' + Array.from({ length: 100 }, (_, at) => row(at)).join('')
    const told = []
    for await (const record of records()(Readable.from([Buffer.from(csv)]).pipe(validate(rules)))) {
      told.push([Object.getPrototypeOf(record) === Object.prototype, Object.entries(record).map(([key, value]) => [key, Object.is(value, -0) ? '-0' : value])])
    }
    try { new Function('') } catch (fault) { console.error(fault.name) }
    console.log(JSON.stringify(told))`
  const run = (flags: string[]) => promisify(execFile)(process.execPath, [...flags, '--input-type=module', '-e', program])
  const [usual, without] = await Promise.all([run([]), run(['--disallow-code-generation-from-strings'])])
  t.equal(usual.stderr, '')
  t.match(without.stderr, /EvalError/, 'it cannot')
  t.equal(without.stdout, usual.stdout)
  t.equal(JSON.parse(usual.stdout).length, 100)
  t.strictSame(JSON.parse(usual.stdout)[1], [true, Object.entries({ n: 0.5, e: null, long: 'text 1', ['__proto__']: '1' })])
})

t.test('a record that is kept does not keep its batch', async (t) => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const row = (at: number) => `${at},${'a text of its own. '.repeat(10)}${at},${'and more '.repeat(20)}${at}\n`
  const csv = `id,one,other\n${Array.from({ length: 40_000 }, (_, at) => row(at)).join('')}`
  const kept: unknown[] = []
  const of = schema({ id: field.integer() })
  const source = csvOf(csv).pipe(validate(of, { batchBytes: 1 << 20 }))
  collect()
  const before = process.memoryUsage().heapUsed
  for await (const batch of recordBatches(of)(source)) for (let at = 0; at < batch.length; at += 100) kept.push(batch[at])
  collect()
  const each = (process.memoryUsage().heapUsed - before) / kept.length
  t.ok(kept.length >= 400, String(kept.length))
  // A batch has a mebibyte, of which each would have its share if any of them kept it: 40,000 bytes.
  t.ok(each < 10_000, `${Math.round(each)} bytes a record`)
})

t.test('records can be asked for before those asked for have come', async (t) => {
  const iterator = people()
  const asked = Array.from({ length: 50 }, () => iterator.next())
  const steps = await Promise.all(asked)
  const ids = steps.filter(({ done }) => !done).map(({ value }) => (value as { id: number }).id)
  t.equal(ids.length, 36)
  t.strictSame(
    ids,
    ids.toSorted((one, other) => one - other),
  )
  t.ok(steps.slice(36).every(({ done, value }) => done && value === undefined))
})

t.test('who stops ends the stream', async (t) => {
  const source = csvOf(`${header}${lines(1, 40)}`)
  const gate = source.pipe(validate(person, { batchBytes: 256 }))
  for await (const { id } of records(person)(gate)) if (id === 4) break
  t.ok(gate.destroyed)

  const iterator = people()
  t.match(await iterator.next(), { done: false, value: { id: 1 } })
  const [second, returned, after] = await Promise.all([iterator.next(), iterator.return(), iterator.next()])
  t.match(second, { done: false, value: { id: 2 } })
  t.strictSame(
    [returned, after],
    [
      { value: undefined, done: true },
      { value: undefined, done: true },
    ],
  )

  const thrown = people()
  await thrown.next()
  t.equal(await failureOf(thrown.throw(new RangeError('enough'))).then(({ message }) => message), 'enough')
  t.strictSame(await thrown.next(), { value: undefined, done: true })
})

t.test('a failure comes once, after the records before it', async (t) => {
  const ids = schema({ id: field.integer() })
  const iterator = records(ids)(csvOf(`id\n1\n2\n${'9'.repeat(20)}\n`).pipe(validate(ids, { batchBytes: 4 })))
  const steps = await Promise.allSettled([iterator.next(), iterator.next(), iterator.next(), iterator.next()])
  t.match(steps, [
    { value: { value: { id: 1 } } },
    { value: { value: { id: 2 } } },
    { reason: { code: 'record/value' } },
    { value: { done: true } },
  ])
})

t.test('the records of a chunk are taken once', async (t) => {
  const chunks: unknown[] = []
  const source = csvOf(`${header}${lines(1, 40)}`).pipe(validate(person))
  // Asks for values, and takes none.
  records(person)(source)
  for await (const chunk of source) chunks.push(chunk)
  const take = async () => {
    const out: unknown[] = []
    for await (const record of records(person)(Readable.from(chunks) as never)) out.push(record)
    return out
  }
  t.equal((await take()).length, 36)
  t.match(await failureOf(take()), { code: 'sink/no-verdict', message: /once/ })
})
