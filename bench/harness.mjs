import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { quiet } from './quiet.mjs'
import { emptyOutputs } from './scratch.mjs'
import { max, median, min } from './statistics.mjs'

/**
 * @typedef {import('./child.mjs').Job} Job
 * @typedef {import('./child.mjs').Measured} Measured
 *
 * @typedef {object} Contender
 * @property {string} name
 * @property {Job} [job] run by `child.mjs`
 * @property {readonly string[]} [command] any other program that prints the same line of JSON
 * @property {Record<string, string>} [outputs] of a command: what it leaves behind
 * @property {number} [cores] the process and all of its threads have so many (`taskset`)
 * @property {boolean} [isOther] it does less, and so its number of valid records is not asked
 *
 * @typedef {object} Settings
 * @property {number} rounds
 * @property {number} [records]
 * @property {boolean} force
 * @property {string} [python] the interpreter that has duckdb and polars
 *
 * @typedef {object} Result
 * @property {string} name
 * @property {number[]} seconds one for each round
 * @property {number[]} ratios time over that of the first contender in the same round
 * @property {number[]} cpuRatios the same of the time that processors spent on it
 * @property {number} peakBytes
 * @property {Measured['counts']} counts
 * @property {Measured['loopDelayMs']} [loopDelayMs] of the worst round
 * @property {Record<string, any>} [extra]
 *
 * @typedef {object} Comparison
 * @property {Result[]} results
 * @property {number} idleBytes peak of a Node that does nothing
 * @property {number} busiest share of the machine that others had, at worst
 */

const run = promisify(execFile)
const child = fileURLToPath(new URL('./child.mjs', import.meta.url))

/**
 * Measures contenders in turn (A B C, A B C, …), each in its own process, so that whatever drifts on the machine drifts for all of them.
 * The first is the one that the others are held against. All must find the same number of valid records.
 * @param {readonly Contender[]} contenders @param {Settings} settings @returns {Promise<Comparison>}
 */
export async function compare(contenders, { rounds, force }) {
  /** @type {Measured[][]} */
  const measured = contenders.map(() => [])
  let busiest = 0
  for (let round = 0; round < rounds; round++) {
    for (const [at, contender] of contenders.entries()) {
      busiest = Math.max(busiest, await quiet(force))
      measured[at]?.push(await measure(contender))
      emptyOutputs(contender.outputs ?? contender.job?.outputs)
    }
  }
  const results = contenders.map(({ name }, at) => summarize(name, measured[at] ?? [], measured[0] ?? []))
  assertSame(results.filter((_, at) => !contenders[at]?.isOther))
  const idle = await measure({ name: 'idle', job: { contender: 'idle', input: '', schema: {}, missing: true } })
  return { results, idleBytes: idle.peakBytes, busiest }
}

/** @param {Contender} contender @returns {Promise<Measured>} */
async function measure({ name, job, command, cores }) {
  const whole = command ?? [process.execPath, child, JSON.stringify(job)]
  const [file, ...rest] = cores ? ['taskset', '--cpu-list', `0-${cores - 1}`, ...whole] : whole
  try {
    const { stdout } = await run(/** @type {string} */ (file), rest, { maxBuffer: 1 << 26 })
    return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')
  } catch (cause) {
    throw new Error(`${name} failed: ${cause instanceof Error ? cause.message : cause}`, { cause })
  }
}

/** @param {string} name @param {Measured[]} rounds @param {Measured[]} first @returns {Result} */
function summarize(name, rounds, first) {
  const seconds = rounds.map((round) => round.seconds)
  const [loopDelayMs] = rounds.flatMap((round) => round.loopDelayMs ?? []).sort((a, b) => b.p99 - a.p99)
  return {
    name,
    seconds,
    ratios: rounds.map((own, round) => own.seconds / (first[round]?.seconds ?? Number.NaN)),
    cpuRatios: rounds.map((own, round) => own.cpuSeconds / (first[round]?.cpuSeconds ?? Number.NaN)),
    peakBytes: max(rounds.map((round) => round.peakBytes)),
    counts: /** @type {Measured} */ (rounds[0]).counts,
    ...(loopDelayMs && { loopDelayMs }),
    ...(rounds[0]?.extra && { extra: rounds[0].extra }),
  }
}

/** A comparison of different checks is no comparison. @param {Result[]} results */
function assertSame(results) {
  const different = results.find(({ counts }) => counts.valid !== results[0]?.counts.valid || counts.read !== results[0]?.counts.read)
  if (!different) return
  const told = results.map(({ name, counts }) => `${name}: ${counts.valid} of ${counts.read} valid`)
  throw new Error(`The contenders do not agree, so their times cannot be compared.\n${told.join('\n')}`)
}

/**
 * The rows of the usual table: rate, ratio and memory side by side.
 * @param {Comparison} comparison @param {number} bytes of the input
 */
export function speedTable({ results, idleBytes }, bytes) {
  const head = ['contender', 'records/s', 'MB/s', 'Sluice is', 'from – to', 'by CPU time', 'peak RSS over idle']
  const rows = results.map(({ name, seconds, ratios, cpuRatios, peakBytes, counts }, at) => {
    const middle = median(seconds)
    const range =
      at === 0
        ? `${(min(seconds) * 1000).toFixed(0)} – ${(max(seconds) * 1000).toFixed(0)} ms`
        : `${times(min(ratios))} – ${times(max(ratios))}`
    const rate = `${(counts.read / middle / 1e6).toFixed(2)} M`
    return [
      name,
      rate,
      (bytes / middle / 1e6).toFixed(0),
      at === 0 ? '' : times(median(ratios)),
      range,
      at === 0 ? '' : times(median(cpuRatios)),
      megabytes(peakBytes - idleBytes),
    ]
  })
  return { head, rows }
}

/** @param {number} ratio */
export const times = (ratio) => `${ratio.toFixed(ratio < 10 ? 2 : 1)} ×`

/** @param {number} bytes */
export const megabytes = (bytes) => `${(bytes / 2 ** 20).toFixed(0)} MiB`
