import { createHash } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { header, line, person } from '../transforms/people.js'
import { type Outcome, runBytes } from '../transforms/run-validate.js'

const pipelines = 200

/** Inputs that differ in everything but their schema, so that what one pipeline takes of another shows. */
const input = fc.record({
  first: fc.integer({ min: 1, max: 1e6 }),
  records: fc.integer({ min: 0, max: 400 }),
  chunkBytes: fc.integer({ min: 20, max: 4_000 }),
  batchBytes: fc.constantFrom(64, 1_000, 262_144),
  damage: fc.constantFrom('', 'x,,\n', '1,"open\n', '1,2\n'),
})
type Input = typeof input extends fc.Arbitrary<infer T> ? T : never

async function once({ first, records, chunkBytes, batchBytes, damage }: Input) {
  const text = header + Array.from({ length: records }, (_, at) => line(first + at)).join('') + damage
  const bytes = Buffer.from(text)
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, at) =>
    bytes.subarray(at * chunkBytes, (at + 1) * chunkBytes),
  )
  return digest(await runBytes(chunks, person, { batchBytes, source: `from-${first}` }))
}

function digest({ valid, invalid, violations, counts, report }: Outcome): string {
  const { startedAt: _started, endedAt: _ended, ...rest } = report
  const hash = createHash('sha256')
  for (const part of [valid, invalid, violations, JSON.stringify([counts, rest])]) hash.update(`${part.length}:`).update(part)
  return hash.digest('hex')
}

t.test('pipelines that run at once give what each gives alone', async (t) => {
  const inputs = fc.sample(input, { numRuns: pipelines, seed: 5 })
  const alone: string[] = []
  for (const each of inputs) alone.push(await once(each))
  const atOnce = await Promise.all(inputs.map(once))
  t.strictSame(atOnce, alone)
  t.ok(new Set(alone).size > pipelines / 2, 'and they are not all the same')
})
