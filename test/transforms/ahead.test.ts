import { once } from 'node:events'
import { createRequire } from 'node:module'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setImmediate as turn } from 'node:timers/promises'
import { parse } from 'csv-parse'
import { type AnySchema, field, type JSONSchema, type Refusal, schema, type ValidateOptions, validate } from 'sluice'
import t from 'tap'
import { isValid, object, person } from './people.js'
import { failureOf, timeless, until } from './run-validate.js'

const { Turn } = await import(new URL('../../../dist/transforms/turn.js', import.meta.url).href)
/** No batch is submitted before it is full. */
const unhurried = { flushMs: 60_000 }

/** A stream, and what came out of it so far. */
function flowing(rules: AnySchema, options: ValidateOptions = {}) {
  const gate = validate(rules, options)
  const valid: unknown[] = []
  const refused: Refusal[] = []
  gate.on('data', (record) => valid.push(record)).on('refused', (refusal) => refused.push(refusal))
  return { gate, valid, refused }
}

t.test('a valid object waits neither for its batch nor for the refused ones before it', async (t) => {
  const { gate, valid, refused } = flowing(person, unhurried)
  const records = Array.from({ length: 30 }, (_, id) => object(id))
  for (const record of records) gate.write(record)
  await turn()
  t.strictSame(
    valid,
    records.filter(({ id }) => isValid(id)),
  )
  t.strictSame(gate.counts, { read: 27, valid: 27, invalid: 0, violations: 0 }, 'what is not told of yet is not counted')
  t.equal(refused.length, 0)
  gate.end()
  await once(gate, 'end')
  t.strictSame(
    refused.map(({ index }) => index),
    [3, 13, 23],
  )
  t.strictSame(gate.counts, { read: 30, valid: 27, invalid: 3, violations: 3 })
  t.match(gate.report, { complete: true, counts: gate.counts })
})

t.test('a valid object that no glance passes does not wait either', async (t) => {
  // What a glance does not understand, the addon is asked at once.
  const rules = { type: 'object', properties: { a: { type: 'integer' }, b: { not: { const: 1 } } }, required: ['a'] } as const
  const { gate, valid } = flowing(rules, unhurried)
  for (let a = 0; a < 50; a += 1) gate.write({ a, b: 2 })
  await turn()
  t.equal(valid.length, 50)
  gate.end({ a: 50, b: 1 })
  await once(gate, 'end')
  t.match(gate.counts, { read: 51, valid: 50, invalid: 1 })
})

/** Whether both hold the same objects; a list of all differences would take minutes. */
const areSame = (found: readonly unknown[], expected: readonly unknown[]) =>
  found.length === expected.length && found.every((record, at) => record === expected[at])

t.test('not more than one record in eight is asked about on this thread, and the order stays', async (t) => {
  const { Stream } = createRequire(import.meta.url)('../../../native/index.cjs')
  const { checkAlone } = Stream.prototype
  let asked = 0
  Stream.prototype.checkAlone = function (text: string) {
    asked += 1
    return checkAlone.call(this, text)
  }
  t.teardown(() => {
    Stream.prototype.checkAlone = checkAlone
  })
  const rules = { type: 'object', properties: { a: { type: 'integer' }, b: { not: { const: 1 } } }, required: ['a'] } as const
  const records = Array.from({ length: 20_000 }, (_, a) => (a % 3 ? { a } : { a, b: a % 2 }))
  for (const options of [{}, { threads: 1, batchBytes: 200, batchLinesMax: 5 }]) {
    const { gate, valid, refused } = flowing(rules, options)
    asked = 0
    await pipeline(Readable.from(records), gate)
    const isFine = ({ b }: { b?: number }) => b !== 1
    t.ok(areSame(valid, records.filter(isFine)))
    const told = refused.map(({ record }) => record)
    t.ok(
      areSame(
        told,
        records.filter((record) => !isFine(record)),
      ),
    )
    t.ok(asked > 0 && asked < 20_000 / 8, `asked about ${asked}`)
  }
  asked = 0
  const { gate, valid } = flowing(rules)
  await pipeline(Readable.from([{ a: 1, b: 'x'.repeat(20_000) }, { a: 2 }]), gate)
  t.equal(valid.length, 2)
  t.equal(asked, 0, 'nor about a large one')
})

t.test('once a record that is told of late has gone out, the next ones wait no more', async (t) => {
  const warned = schema({ id: field.integer(), age: field.integer().min(18).optional().severity('warning') })
  const { gate, valid } = flowing(warned, { flushMs: 100 })
  gate.write({ id: 1, age: 3 })
  gate.write({ id: 2 })
  await turn()
  t.equal(valid.length, 0, 'the second waits for the first')
  await once(gate, 'data')
  await turn()
  t.equal(valid.length, 2)
  gate.write({ id: 3 })
  await turn()
  t.equal(valid.length, 3)
  gate.destroy()
})

t.test('a warning keeps the order, and a rule that aborts lets nothing pass behind it', async (t) => {
  const weighed = schema({ id: field.integer(), age: field.integer().optional().min(18) })
  const warned = schema({ id: field.integer(), age: field.integer().min(18).optional().severity('warning') })
  const aborted = schema({ id: field.integer(), age: field.integer().min(18).optional().severity('abort') })
  const ages = Array.from({ length: 5_000 }, (_, id) => (id % 4 ? { id } : { id, age: id % 1_000 ? 30 : 3 }))
  const all = flowing(warned)
  await pipeline(Readable.from(ages), all.gate)
  t.ok(areSame(all.valid, ages))
  t.match(all.gate.counts, { read: 5_000, valid: 5_000, warnings: 5 })
  const some = flowing(weighed)
  await pipeline(Readable.from(ages), some.gate)
  t.match(some.gate.counts, { read: 5_000, valid: 4_995 })
  for (const options of [{}, unhurried]) {
    const until = flowing(aborted, options)
    t.match(await failureOf(pipeline(Readable.from(ages.slice(1)), until.gate)), { code: 'limit/abort' })
    t.ok(areSame(until.valid, ages.slice(1, 1_000)))
    t.match(until.gate.report, { complete: false, counts: { read: 1_000, valid: 999, invalid: 1 } })
  }
})

t.test('where other records decide, each waits for its place among them', async (t) => {
  const keyed: JSONSchema = { type: 'object', properties: { id: { type: 'integer' }, note: { type: 'string' } }, 'x-unique': ['id'] }
  const { valid, gate } = flowing(keyed)
  await pipeline(Readable.from([1, 2, 1, 3].map((id) => ({ id, note: 'n' }))), gate)
  t.strictSame(
    valid.map((record) => (record as { id: number }).id),
    [1, 2, 3],
  )
  const limited = flowing(person, { maxErrors: 2, ...unhurried })
  const records = Array.from({ length: 500 }, (_, id) => object(id))
  t.match(await failureOf(pipeline(Readable.from(records), limited.gate)), { code: 'limit/max-errors' })
  t.match(limited.valid.at(-1), { id: 22 })
  t.match(limited.gate.report, { counts: { read: 24, valid: 21, invalid: 3 } })
})

t.test('what stands before a value that JSON has no word for is dealt with', async (t) => {
  for (const options of [{}, unhurried, { batchBytes: 100, batchLinesMax: 3, threads: 1 }]) {
    const { gate, valid, refused } = flowing(person, options)
    const records = Array.from({ length: 3_000 }, (_, id) => object(id))
    const work = pipeline(Readable.from([...records, { id: Number.NaN }, object(0)]), gate)
    t.match(await failureOf(work), { code: 'input/record' })
    t.equal(valid.length, 2_700)
    t.equal(refused.length, 300)
    t.match(gate.report, { complete: false, counts: { read: 3_000, valid: 2_700, invalid: 300 } })
  }
})

t.test('the report of a stream that is destroyed has all that was handed on', async (t) => {
  for (const [count, options] of [
    [3, unhurried],
    [100, unhurried],
    [10_000, {}],
  ] as const) {
    const { gate, valid } = flowing(person, options)
    for (let id = 4; id < 4 + count; id += 1) if (!gate.write(object(id))) await once(gate, 'drain')
    await turn()
    gate.destroy()
    await once(gate, 'close')
    t.match(gate.counts, { valid: valid.length })
    t.equal(gate.report?.complete, false)
    const { read = 0, valid: told = 0, invalid = 0 } = gate.report?.counts ?? {}
    t.equal(read, told + invalid)
    // A batch may have been checked whose verdict has not come back.
    t.ok(told >= valid.length, `${told} of ${valid.length}`)
  }
  const { gate } = flowing(person, unhurried)
  gate.write(object(1))
  gate.destroy()
  await once(gate, 'close')
  t.match(timeless(gate.report as never), { counts: { read: 1, valid: 1, invalid: 0, violations: 0 } })
})

t.test('who has written hears of it, though nobody reads and the stream is destroyed', async (t) => {
  const gate = validate(person)
  const told: string[] = []
  for (const id of [0, 1, 2]) gate.write(object(id), (error) => told.push(`${id} ${error?.message ?? 'written'}`))
  gate.on('error', () => {})
  gate.destroy(new Error('mine'))
  await new Promise((resolve) => gate.once('close', resolve))
  t.strictSame(told, ['0 written', '1 mine', '2 mine'])
})

t.test('nothing is left over of a stream that a reader destroys while it is handed on', async (t) => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = timers()
  const gate = validate(person, unhurried)
  gate.on('data', () => gate.destroy())
  gate.write(object(3))
  gate.write(object(4))
  await once(gate, 'close')
  t.equal(timers(), before)
})

t.test('all refused are told of, however small the batches', async (t) => {
  for (const options of [{ batchLinesMax: 1 }, { batchLinesMax: 1, threads: 1 }]) {
    const { gate, refused } = flowing(person, options)
    for (let id = 0; id < 20; id += 1) gate.write(object(id * 10 + 3))
    await until(() => refused.length === 20)
    t.equal(gate.counts.invalid, 20)
    for (let id = 0; id < 2_000; id += 1) if (!gate.write(object(id * 10 + 3))) await once(gate, 'drain')
    await until(() => refused.length === 2_020)
    gate.destroy()
  }
})

t.test('a stream of bytes that is destroyed before its first record has no report', async (t) => {
  const gate = validate(person)
  gate.write('id,name,age\n1')
  await turn()
  gate.destroy()
  await once(gate, 'close')
  t.equal(gate.report, undefined)
})

t.test('a reader who is slow holds the source back, one object at a time', async (t) => {
  let [given, read] = [0, 0]
  const source = new Readable({
    objectMode: true,
    highWaterMark: 1,
    read() {
      this.push(given < 2_000 ? object(given * 10) : null)
      given += 1
    },
  })
  let most = 0
  const sink = new Writable({
    objectMode: true,
    highWaterMark: 1,
    write(_record, _encoding, next) {
      read += 1
      most = Math.max(most, given - read)
      setImmediate(next)
    },
  })
  await pipeline(source, validate(person), sink)
  t.equal(read, 2_000)
  t.ok(most < 40, `${most} objects were ahead at most`)
})

t.test('others have their turn while objects from memory are handed on', async (t) => {
  let turns = 0
  let isOver = false
  const count = () => {
    turns += 1
    if (!isOver) setImmediate(count)
  }
  setImmediate(count)
  const records = Array.from({ length: 300_000 }, (_, id) => object(id * 10))
  const gate = validate(person)
  gate.on('data', () => {})
  await pipeline(Readable.from(records), gate)
  isOver = true
  // What is handed on takes far longer than so many turns.
  t.ok(turns >= 5, `${turns} turns`)
})

t.test('a source that goes on while it is asked to wait is not asked again', async (t) => {
  const busy = () => {
    for (const end = performance.now() + 6; performance.now() < end; );
  }
  for (const pilesUp of [false, true]) {
    const source = new Turn(() => pilesUp)
    let late = 0
    for (let round = 0; round < 4; round += 1) {
      await turn()
      for (let object = 0; object < 96; object += 1) {
        if (object === 40) busy()
        await new Promise<void>((resolve) => {
          if (source.giveWay(resolve)) late += 1
          else resolve()
        })
      }
    }
    if (pilesUp) t.equal(late, 1)
    else t.ok(late >= 4, `waited ${late} times`)
  }
})

t.test('a parser that makes objects of a whole chunk does not pile them up', async (t) => {
  const text = Array.from({ length: 30_000 }, (_, id) => `${id},name,${isValid(id) ? 20 : 3}\n`)
  const parser = parse({ columns: true })
  const { gate, valid, refused } = flowing(person)
  const chunks = Array.from({ length: 30 }, (_, at) => text.slice(at * 1_000, (at + 1) * 1_000).join(''))
  await pipeline(Readable.from([`id,name,age\n`, ...chunks]), parser, gate)
  t.equal(valid.length, 27_000)
  t.ok(valid.every((record, at) => at === 0 || Number((record as { id: string }).id) > Number((valid[at - 1] as { id: string }).id)))
  t.equal(refused.length, 3_000)
})
