import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { loadSluice } from '../subject.mjs'

const { fileSource, validate, verdictOf } = await loadSluice()

const pipelines = 200

/** Many pipelines at once in one process; each must give the very bytes and counts that one gives alone. @param {import('../child.mjs').Job} job */
export async function run(job) {
  const alone = await once(job)
  const all = await Promise.all(Array.from({ length: pipelines }, () => once(job)))
  for (const other of all) assert.deepEqual(other, alone)
  const { counts } = alone
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, count * (pipelines + 1)]))
}

/** @param {import('../child.mjs').Job} job */
async function once({ input, schema }) {
  const transform = validate(schema)
  const hash = createHash('sha1')
  const sink = new Writable({
    objectMode: true,
    write(chunk, _encoding, callback) {
      const { invalid, violations } = verdictOf(chunk)
      // The order of the three within a chunk depends on where it was cut, and that on the clock.
      hash.update(chunk)
      counted.invalid += invalid.length
      counted.violations += violations.length
      callback()
    },
  })
  const counted = { invalid: 0, violations: 0 }
  await pipeline(fileSource(input), transform, sink)
  return { counts: transform.report.counts, counted, digest: hash.digest('hex') }
}
