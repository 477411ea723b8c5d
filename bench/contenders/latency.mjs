import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { PassThrough, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout } from 'node:timers/promises'
import { loadSluice } from '../subject.mjs'

const { validate, verdictOf } = await loadSluice()

const everyMs = 20

/** Lines that come one at a time; `extra` has how long each took from being written to being emitted. @param {import('../child.mjs').Job} job */
export async function run({ input, schema, options }) {
  const [header, ...lines] = readFileSync(input, 'utf8').trimEnd().split('\n')
  const source = new PassThrough()
  const transform = validate(schema, { format: 'csv', ...options })
  /** @type {number[]} */
  const writtenAt = []
  /** @type {number[]} */
  const waits = []
  const sink = new Writable({
    objectMode: true,
    write(chunk, _encoding, callback) {
      const now = performance.now()
      for (let record = 0; record < verdictOf(chunk).counts.read; record++) waits.push(now - (writtenAt[waits.length] ?? now))
      callback()
    },
  })
  const done = pipeline(source, transform, sink)
  source.write(`${header}\n`)
  for (const line of lines) {
    writtenAt.push(performance.now())
    source.write(`${line}\n`)
    await setTimeout(everyMs)
  }
  source.end()
  await done
  const sorted = waits.sort((a, b) => a - b)
  const at = (/** @type {number} */ share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
  return { ...transform.report.counts, extra: { p50: at(0.5), p99: at(0.99), max: sorted.at(-1) } }
}
