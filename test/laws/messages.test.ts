import { deepStrictEqual } from 'node:assert'
import fc from 'fast-check'
import { field, type Message, type MessageVerdict, schema, validateMessages } from 'sluice'
import t from 'tap'

const person = schema({ name: field.string(), age: field.integer().min(0).optional() })
const anything = validateMessages(true)
const people = validateMessages(person)

const json = fc.jsonValue().map((value) => JSON.stringify(value))
const printed = fc.tuple(fc.jsonValue(), fc.constantFrom(0, 1, '\t', '\n ')).map(([value, space]) => JSON.stringify(value, null, space))
const somebody = fc.record({ name: fc.oneof(fc.string(), fc.integer()), age: fc.integer() }).map((value) => JSON.stringify(value, null, 1))
const pieces = fc
  .array(
    fc.constantFrom('{', '}', '[', ']', '"', ',', ':', '\n', '\r', '\r\n', ' ', '1', 'true', '\\', '"a\nb"', '\u0000', '\ufeff', '\\u000a'),
  )
  .map((all) => all.join(''))
const mark = fc.constantFrom([0xef, 0xbb, 0xbf], [0xff, 0xfe], [0xfe, 0xff], [0xff, 0xfe, 0, 0], [0, 0, 0xfe, 0xff], [0x31, 0, 0x31, 0], [])
const bytes = fc.oneof(
  fc.uint8Array().map((all) => Buffer.from(all)),
  fc.tuple(mark, fc.oneof(json, printed, somebody)).map(([front, text]) => Buffer.concat([Buffer.from(front), Buffer.from(text)])),
  fc.oneof(json, printed, somebody, pieces).map((text) => Buffer.from(text)),
)
const value = fc.oneof({ weight: 8, arbitrary: bytes }, { weight: 2, arbitrary: fc.oneof(printed, somebody, pieces) }, fc.constant(null))
const messages = fc
  .array(fc.record({ value, partition: fc.nat(3) }), { maxLength: 40 })
  .map((all) => all.map((message, offset) => ({ ...message, topic: 'topic', offset })))

/** What JSON.parse says of the bytes of one message, with nothing replaced and no mark dropped. */
function isJson(given: Buffer | string): boolean {
  try {
    JSON.parse(typeof given === 'string' ? given : new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(given))
    return true
  } catch {
    return false
  }
}

t.test('the verdict of a message is that of the message alone', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      messages,
      fc.integer({ min: 1, max: 300 }),
      fc.constantFrom(1, 5, 30, 1_000),
      async (all, batchBytes, recordBytesMax) => {
        const together = await validateMessages(person, { batchBytes, recordBytesMax }).batch(all)
        const each = validateMessages(person, { recordBytesMax })
        const alone = await Promise.all(all.map(async (message) => (await each.batch([message]))[0]))
        deepStrictEqual(together, alone)
      },
    ),
    { numRuns: 300 },
  )
  t.pass('for 300 batches')
})

t.test('a message is valid JSON where JSON.parse says so', async (t) => {
  await fc.assert(
    fc.asyncProperty(messages, async (all) => {
      for (const { message, valid, violations } of await anything.batch(all)) {
        if (message.value === null) continue
        // What Sluice refuses beyond JSON.parse has codes of its own; a value that only says so is no loss.
        const refusedBeyond = violations.every(({ code }) => code === 'json/duplicate-key' || code === 'json/surrogate')
        if (valid !== isJson(message.value) && !(isJson(message.value) && refusedBeyond)) {
          throw new Error(`${JSON.stringify(String(message.value))} is ${valid ? 'valid' : 'refused'}`)
        }
      }
    }),
    { numRuns: 500 },
  )
  t.pass('for 500 batches')
})

t.test(
  'a source gives the same verdicts as its messages alone, whatever the chunks and the room, and commits never run ahead',
  async (t) => {
    const chunks = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 10 })
    await fc.assert(
      fc.asyncProperty(
        messages,
        chunks,
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 500 }),
        async (all, sizes, most, bytesMost) => {
          const check = validateMessages(person, { messagesInFlightMax: most, messageBytesInFlightMax: bytesMost })
          const expected = await people.batch(all)
          const next = new Map<number, number>()
          const seen: MessageVerdict[] = []
          for await (const verdict of check.verdicts(inChunks(all, sizes), {
            commit(positions) {
              for (const { partition, offset, last } of positions) {
                // Every message of the partition before the position has been seen.
                const before = all.filter((message) => message.partition === partition && message.offset < Number(offset))
                if (before.at(-1) !== last || before.some((message) => !seen.some((verdict) => verdict.message === message))) {
                  throw new Error('a commit ran ahead')
                }
                next.set(Number(partition), Number(offset))
              }
            },
          })) {
            seen.push(verdict)
          }
          deepStrictEqual(seen, expected)
          for (const { partition, offset } of all)
            if (!((next.get(partition) ?? -1) > offset)) throw new Error('a message was never committed')
        },
      ),
      { numRuns: 200 },
    )
    t.pass('for 200 sources')
  },
)

async function* inChunks<M extends Message>(all: readonly M[], sizes: readonly number[]): AsyncGenerator<M | M[]> {
  let at = 0
  for (let turn = 0; at < all.length; turn += 1) {
    const size = sizes[turn % sizes.length] as number
    const chunk = all.slice(at, at + size)
    if (turn % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
    if (size === 1) yield chunk[0] as M
    else yield chunk
    at += size
  }
}
