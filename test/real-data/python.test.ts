import { createHash } from 'node:crypto'
import { createReadStream, readFileSync } from 'node:fs'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileSource, split, type ValidateOptions, validate } from 'sluice'
import t from 'tap'
import { pieces, runBytes, timeless } from '../transforms/run-validate.js'
import { fetch, skipWithoutPip } from './fetch.js'
import { byRule, known, schemaOf } from './known.js'

t.test('titanic', { skip: skipWithoutPip }, async (t) => {
  const { read, invalid, rules } = known.titanic
  const { report } = await runBytes([readFileSync(fetch('titanic'))], schemaOf('titanic'), { missing: [] })
  t.match(report.counts, { read, valid: read - invalid, invalid, violations: 585 })
  t.strictSame(byRule(report), rules)
})

/** Counts and digests of all outputs: they are many megabytes. */
async function digests(source: Readable, options: ValidateOptions) {
  const hashes = { valid: createHash('sha256'), invalid: createHash('sha256'), violations: createHash('sha256') }
  const gate = validate(schemaOf('flights'), { missing: [], source: 'flights.csv', ...options })
  const target = (hash: Writable) => new Writable({ write: (chunk, encoding, next) => hash.write(chunk, encoding, next) })
  const { valid, invalid, violations } = hashes
  await pipeline(source, gate, split({ valid: target(valid), invalid: target(invalid), violations: target(violations) }))
  const sums = Object.entries(hashes).map(([part, hash]) => [part, hash.digest('hex')])
  return { ...Object.fromEntries(sums), report: gate.report && timeless(gate.report) }
}

t.test('flights', { skip: skipWithoutPip, timeout: 240_000 }, async (t) => {
  const path = fetch('flights')
  const { read, invalid, rules } = known.flights
  const whole = await digests(fileSource(path), {})
  t.strictSame(whole.report?.counts, { read, valid: read - invalid, invalid, violations: 69_386 })
  t.strictSame(whole.report && byRule(whole.report), rules)

  for (const threads of [1, 2, 4]) t.strictSame(await digests(createReadStream(path), { threads }), whole, `${threads} threads`)
  const bytes = readFileSync(path)
  for (const size of [7, 4_096, 1 << 20])
    t.strictSame(await digests(Readable.from(pieces(bytes, size)), {}), whole, `chunks of ${size} bytes`)

  // Millions of single bytes would take minutes, all of them in Node's own streams.
  const start = bytes.subarray(0, 1_000_000)
  const piece = await digests(Readable.from([start]), {})
  t.strictSame(await digests(Readable.from(pieces(start, 1)), {}), piece, 'single bytes')
})
