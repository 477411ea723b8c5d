import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import fc from 'fast-check'
import { isSluiceError, type Report, type SchemaInput, SluiceError, split, type ValidateOptions, validate } from 'sluice'
import t from 'tap'

// As src/continuation.ts has them: they are for the handlers of Lambda, and not public.
const continuationKey = Symbol.for('sluice.continuation')
const stopKey = Symbol.for('sluice.stop')
interface Continuation {
  snapshot: { seek: number }
}
interface Stopped {
  continuation: Continuation | undefined
}
interface Stoppable {
  [stopKey](unfinished: 'keep', failure: (stopped: Stopped) => Error): void
}

const schema: SchemaInput = {
  type: 'object',
  properties: { a: { type: 'integer', maximum: 42 }, b: { type: 'string', minLength: 2 } },
  required: ['a'],
}
const cell = fc.constantFrom('1', '43', 'x', '', '"q,\n1"', '"""', '7', 'ab', 'é')
const csv = fc
  .array(fc.tuple(cell, cell), { minLength: 20, maxLength: 150 })
  .map((rows) => `a,b\n${rows.map((row) => `${row.join(',')}\n`).join('')}`)
const json = fc.constantFrom('{"a":1,"b":"ab"}', '{"a":43}', '{"b":"x"}', 'no JSON', '', '{"a":1e0,"b":"é"}')
const ndjson = fc.array(json, { minLength: 20, maxLength: 150 }).map((rows) => `{"a":1}\n${rows.join('\n')}\n`)

interface Parts {
  valid: string
  invalid: string
  violations: string
}

/** Runs from `continuation` on, and stops when so many chunks have been read. */
async function run(bytes: Buffer, options: ValidateOptions, from: Continuation | undefined, chunksMax: number, chunkBytes: number) {
  const parts: Parts = { valid: '', invalid: '', violations: '' }
  let report: Report | undefined
  const gather = (name: keyof Parts) =>
    new Writable({
      write(chunk, _, done) {
        parts[name] += chunk.toString('latin1')
        done()
      },
    })
  const check = validate(schema, { ...options, [continuationKey]: from } as ValidateOptions)
  let stopped: Stopped | undefined
  let count = 0
  const chunks = (function* () {
    for (let at = from?.snapshot.seek ?? 0; at < bytes.length; at += chunkBytes) {
      if (count === chunksMax) {
        ;(check as unknown as Stoppable)[stopKey]('keep', (what) => {
          stopped = what
          return new SluiceError('limit/deadline', 'stopped')
        })
      }
      count += 1
      yield bytes.subarray(at, at + chunkBytes)
    }
  })()
  const sink = split({
    valid: gather('valid'),
    invalid: gather('invalid'),
    violations: gather('violations'),
    report: new Writable({
      objectMode: true,
      write(value, _, done) {
        report = value
        done()
      },
    }),
  })
  await pipeline(Readable.from(chunks, { objectMode: false, highWaterMark: 1 }), check, sink).catch((error) => {
    if (!isSluiceError(error, 'limit/deadline')) throw error
  })
  return { parts, report, stopped }
}

const timeless = ({ startedAt, endedAt, ...report }: Report) => report

t.test('wherever a stream is stopped, the parts are the whole, and so is the last report', async (t) => {
  let stops = 0
  const input = fc.oneof(
    csv.map((text) => ['csv', text] as const),
    ndjson.map((text) => ['ndjson', text] as const),
  )
  const law = fc.asyncProperty(
    input,
    fc.array(fc.integer({ min: 3, max: 30 }), { minLength: 1, maxLength: 6 }),
    fc.integer({ min: 4, max: 64 }),
    fc.integer({ min: 16, max: 80 }),
    async ([format, text], turns, chunkBytes, batchBytes) => {
      const bytes = Buffer.from(text)
      const options: ValidateOptions = { format, batchBytes, threads: 2, flushMs: 0, source: 'in' }
      const whole = await run(bytes, options, undefined, Number.POSITIVE_INFINITY, chunkBytes)
      const joined: Parts = { valid: '', invalid: '', violations: '' }
      let from: Continuation | undefined
      let last: Report | undefined
      for (const turn of [...turns, Number.POSITIVE_INFINITY]) {
        const { parts, report, stopped } = await run(bytes, options, from, turn, chunkBytes)
        // Nothing was opened yet: the next one begins where this one did.
        if (stopped && !stopped.continuation) continue
        for (const name of Object.keys(joined) as (keyof Parts)[]) joined[name] += parts[name]
        last = report
        if (!stopped) break
        stops += 1
        // As it is kept between two invocations.
        from = JSON.parse(JSON.stringify(stopped.continuation))
      }
      t.strictSame(joined, whole.parts)
      t.strictSame(timeless(last as Report), timeless(whole.report as Report))
    },
  )
  await fc.assert(law, { numRuns: 100 })
  t.ok(stops > 30, `${stops} stops`)
})

t.test('other options are refused', async (t) => {
  const bytes = Buffer.from('a,b\n1,ab\n2,ab\n3,ab\n')
  const { stopped } = await run(bytes, { batchBytes: 1, flushMs: 0 }, undefined, 15, 1)
  t.ok(stopped?.continuation)
  await t.rejects(run(bytes, { missing: ['NA'] }, stopped?.continuation, Number.POSITIVE_INFINITY, 1), { code: 'checkpoint/foreign' })
})
