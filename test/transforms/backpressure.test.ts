import { once } from 'node:events'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { validate } from 'sluice'
import t from 'tap'
import { header, lines, object, person } from './people.js'
import { untilStill } from './run-validate.js'

const chunkBytes = 64 * 1024
const block = Buffer.from(lines(1, 10_000))
const threads = 2
/** Batches on their way (one a thread, and two), one being filled, and a chunk in each buffer of the streams on both sides. */
const chunksAhead = threads + 2 + 1 + 4

/** Chunks of records without end, or `most` of them, with a count of those that were asked for. */
function source(most = Number.POSITIVE_INFINITY) {
  const chunk = Buffer.concat([block, Buffer.alloc(0)], Math.floor(chunkBytes / block.length) * block.length || block.length)
  const stream = new Readable({
    highWaterMark: 1,
    read() {
      counted.count += 1
      if (counted.count === 1) this.push(Buffer.concat([Buffer.from(header), chunk]))
      else this.push(counted.count > most ? null : chunk)
    },
  })
  const counted = { count: 0, stream }
  return counted
}

t.test('a slow sink holds the source back', async (t) => {
  const from = source(60)
  let taken = 0
  let most = 0
  const sink = new Writable({
    objectMode: true,
    highWaterMark: 1,
    write(_chunk, _encoding, next) {
      taken += 1
      most = Math.max(most, from.count - taken)
      setTimeout(next, 3)
    },
  })
  await pipeline(from.stream, validate(person, { threads, batchBytes: block.length }), sink)
  t.ok(taken >= 60, `${taken} chunks came`)
  t.ok(most <= chunksAhead, `${most} chunks ahead at most`)
})

t.test('what nobody reads is not taken in', async (t) => {
  const from = source()
  const gate = validate(person, { threads, batchBytes: block.length })
  from.stream.pipe(gate)
  const asked = await untilStill(() => from.count)
  t.ok(asked <= chunksAhead, `${asked} chunks were asked for`)
  t.notOk(gate.write(block), 'and the writer is told to wait')
  const before = gate.bytesRead
  gate.read()
  gate.read()
  await untilStill(() => from.count)
  t.ok(gate.bytesRead > before, 'each one read makes room for another')
  gate.destroy()
  from.stream.destroy()
})

t.test('write() says when to wait, and drain when to go on', async (t) => {
  const gate = validate(person, { threads: 1, batchBytes: 1_000 })
  gate.write(header)
  let written = 0
  while (gate.write(block)) written += 1
  t.ok(written <= 2, 'a chunk of bytes is large, so few may wait')
  gate.resume()
  await once(gate, 'drain')
  t.ok(gate.write(header.slice(0, 1)))
  gate.destroy()
})

t.test('objects that nobody reads are not taken in', async (t) => {
  let given = 0
  const gate = validate(person, { threads: 1 })
  const endless = function* () {
    for (;;) yield object(++given)
  }
  const from = Readable.from(endless())
  from.pipe(gate)
  const most = await untilStill(() => given)
  t.ok(most <= 1_024 * 5, `${most} objects were asked for`)
  let read = 0
  for await (const _ of gate) if (++read === 20_000) break
  t.equal(read, 20_000, 'and once they are read, more come')
  t.ok(given < 20_000 / 0.9 + 1_024 * 6)
  from.destroy()
})

t.test('a listener who pauses between the records', async (t) => {
  const gate = validate(person, { threads: 2 })
  Readable.from(Array.from({ length: 5_000 }, (_, at) => object(at))).pipe(gate)
  let read = 0
  gate.on('data', () => {
    read += 1
    if (read % 500 !== 0) return
    gate.pause()
    setImmediate(() => gate.resume())
  })
  await once(gate, 'end')
  t.equal(read, 4_500)
})
