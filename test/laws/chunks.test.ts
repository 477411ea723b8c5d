import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import fc from 'fast-check'
import { isSluiceError, type LimitError, split, type ValidateOptions, validate } from 'sluice'
import t from 'tap'
import { timeless } from '../transforms/run-validate.js'
import { dirtyCsv, dirtyNdjson, type Input } from './dirty.js'

/** The bytes of every target of split, and what became of the stream. */
async function outcome({ bytes, rules, options }: Input, cuts: number[], more: ValidateOptions) {
  const kept: Record<string, Buffer> = {}
  const keep = (part: string) => {
    const chunks: Buffer[] = []
    return new Writable({
      write: (chunk, _encoding, next) => next(void chunks.push(chunk)),
      final: (next) => next(void (kept[part] = Buffer.concat(chunks))),
    })
  }
  const targets = { valid: keep('valid'), invalid: keep('invalid'), violations: keep('violations') }
  const gate = validate(rules, { ...options, ...more })
  const code = await pipeline(Readable.from(parts(bytes, cuts)), gate, split(targets)).then(
    () => 'done',
    (error: LimitError) => {
      if (isSluiceError(error)) return error.code
      throw error
    },
  )
  return { code, kept, report: gate.report && timeless(gate.report), counts: gate.counts }
}

function parts(bytes: Buffer, cuts: number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((one, other) => one - other), bytes.length]
  return places.slice(1).map((end, at) => bytes.subarray(places[at], end))
}

const everyByte = (bytes: Buffer) => Array.from(bytes.keys())
const ways = fc.record({
  cuts: fc.array(fc.nat(), { maxLength: 12 }),
  batchBytes: fc.integer({ min: 1, max: 300 }),
  batchLinesMax: fc.constantFrom(1, 3, 16_384),
  threads: fc.constantFrom(1, 2, 4),
  flushMs: fc.constantFrom(0, 10),
})

function readable(result: Awaited<ReturnType<typeof outcome>>): string {
  const texts = Object.entries(result.kept).map(([part, bytes]) => [part, bytes.toString('latin1')])
  return JSON.stringify({ ...result, kept: Object.fromEntries(texts.sort()) }, null, 1)
}

async function holds(input: Input, { cuts, ...more }: { cuts: number[] } & ValidateOptions): Promise<void> {
  const whole = readable(await outcome(input, [], { threads: 1 }))
  for (const others of [cuts, everyByte(input.bytes)]) {
    const other = readable(await outcome(input, others, more))
    if (whole !== other) throw new Error(`${JSON.stringify(input.bytes.toString('latin1'))}\nin one piece: ${whole}\nin pieces: ${other}`)
  }
}

for (const [form, input] of Object.entries({ CSV: dirtyCsv, NDJSON: dirtyNdjson })) {
  t.test(`${form}: chunks, batches and threads change neither a byte nor a number`, async (t) => {
    await fc.assert(fc.asyncProperty(input, ways, holds), { numRuns: 150 })
    t.pass('in every way of cutting')
  })

  t.test(`${form}: valid and invalid together are the input, and each keeps its order`, async (t) => {
    const law = fc.asyncProperty(input, async (given) => {
      const { maxErrors: _none, ...options } = given.options
      const { code, kept } = await outcome({ ...given, options }, [], {})
      if (code !== 'done') return
      const { valid, invalid } = kept as Record<'valid' | 'invalid', Buffer>
      const { header } = given
      if (!valid.subarray(0, header.length).equals(header) || !invalid.subarray(0, header.length).equals(header))
        throw new Error('the header')
      const body = given.bytes.subarray(given.dropped.length + header.length)
      if (!isShuffleOf(body, valid.subarray(header.length), invalid.subarray(header.length))) throw new Error(`${valid}\n---\n${invalid}`)
    })
    await fc.assert(law, { numRuns: 300 })
    t.pass('byte for byte')
  })
}

/** True when `whole` is made of all bytes of `one` and of `other`, each in order. */
function isShuffleOf(whole: Buffer, one: Buffer, other: Buffer): boolean {
  if (whole.length !== one.length + other.length) return false
  // The numbers of bytes taken from `one` that are possible so far; the rest was taken from `other`.
  let taken = new Set([0])
  for (const [at, byte] of whole.entries()) {
    const next = new Set<number>()
    for (const count of taken) {
      if (one[count] === byte) next.add(count + 1)
      if (other[at - count] === byte) next.add(count)
    }
    taken = next
  }
  return taken.has(one.length)
}
