// One contender in a process of its own: node bench/child.mjs '<job>' prints what it measured as one line of JSON.
import { readFileSync } from 'node:fs'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'

/**
 * @typedef {object} Job
 * @property {string} contender file in `contenders/`, without its ending; `idle` does nothing
 * @property {string} input
 * @property {Record<string, any>} schema
 * @property {boolean} missing an empty cell is a missing value
 * @property {Record<string, any>} [options] of `validate`
 * @property {{ valid?: string, invalid?: string, violations?: string, report?: string }} [outputs]
 * @property {'null' | 'files' | 'findings' | 'slow'} [sink]
 * @property {string} [variant]
 * @property {boolean} [loopDelay] measure the event loop's delay, which costs a little itself
 *
 * @typedef {object} Measured
 * @property {number} seconds
 * @property {number} cpuSeconds of all threads together
 * @property {number} peakBytes
 * @property {{ read: number, valid: number, invalid: number, violations: number }} counts
 * @property {{ p50: number, p99: number, max: number }} [loopDelayMs]
 * @property {Record<string, any>} [extra]
 */

const job = /** @type {Job} */ (JSON.parse(process.argv[2] ?? '{}'))
const { run, prepare } = job.contender === 'idle' ? { run: () => ({}) } : await import(`./contenders/${job.contender}.mjs`)
await prepare?.(job)
const delay = job.loopDelay ? monitorEventLoopDelay({ resolution: 1 }) : undefined
delay?.enable()
const cpuBefore = process.cpuUsage()
const start = performance.now()
const outcome = await run(job)
const seconds = (performance.now() - start) / 1000
const { user, system } = process.cpuUsage(cpuBefore)
delay?.disable()
const { extra, ...counts } = outcome
const loopDelayMs = delay && { p50: delay.percentile(50) / 1e6, p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 }
console.log(JSON.stringify({ seconds, cpuSeconds: (user + system) / 1e6, peakBytes: peakBytes(), counts, loopDelayMs, extra }))

/** Linux hands `maxRSS` down from the process that started this one, so its own high-water mark is read where there is one. */
function peakBytes() {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
    if (kilobytes) return Number(kilobytes) * 1024
  } catch {}
  return process.resourceUsage().maxRSS * 1024
}
