import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { nodeContender } from './contenders/peers.mjs'
import { bytesOf, corpusFile, schemaFile, schemaOf } from './corpora/corpora.mjs'
import { compare, megabytes, times } from './harness.mjs'
import { quiet } from './quiet.mjs'
import { emptyOutputs, outputsOf } from './scratch.mjs'
import { max, median } from './statistics.mjs'
import { filterPath } from './subject.mjs'

const bytes = 2 ** 30

/** Does the filter take a gibibyte in little memory, and how much faster is it than csv-parse with ajv? @param {import('./harness.mjs').Settings} settings */
export async function ask(settings) {
  const input = await corpusFile('transactions', 'csv', { bytes })
  const course = { input, schema: schemaOf('transactions'), missing: true, sink: /** @type {const} */ ('files'), records: Number.NaN }
  const peer = nodeContender('csv-parse + ajv + csv-stringify', course, { contender: 'csv-parse', variant: 'ajv' })
  // Each takes its turn in each round; a minute and more for the peer, so fewer rounds will do.
  const rounds = Math.min(settings.rounds, 3)
  const filters = []
  const peers = []
  let busiest = 0
  for (let round = 0; round < rounds; round++) {
    busiest = Math.max(busiest, await quiet(settings.force))
    filters.push(await filter(input))
    const comparison = await compare([peer], { ...settings, rounds: 1 })
    busiest = Math.max(busiest, comparison.busiest)
    peers.push(/** @type {import('./harness.mjs').Result} */ (comparison.results[0]))
  }
  const valid = peers[0]?.counts.valid
  if (filters.some((one) => one.valid !== valid))
    throw new Error(`the filter found ${filters[0]?.valid} valid records, csv-parse with ajv ${valid}`)
  const peerSeconds = peers.map(({ seconds }) => seconds[0] ?? Number.NaN)
  const ratios = filters.map(({ seconds }, round) => (peerSeconds[round] ?? Number.NaN) / seconds)
  const row = (/** @type {string} */ name, /** @type {number[]} */ seconds, /** @type {number[]} */ peaks, /** @type {string} */ ratio) => [
    ...[name, `${median(seconds).toFixed(2)} s`, (bytesOf(input) / median(seconds) / 1e6).toFixed(0), ratio, megabytes(max(peaks))],
  ]
  const rows = [
    row(
      'sluice validate',
      filters.map(({ seconds }) => seconds),
      filters.map(({ peakBytes }) => peakBytes),
      '',
    ),
    row(
      'csv-parse + ajv + csv-stringify',
      peerSeconds,
      peers.map(({ peakBytes }) => peakBytes),
      times(median(ratios)),
    ),
  ]
  const table = { head: ['contender', 'time', 'MB/s', 'Sluice is', 'peak RSS in all'], rows }
  const note = 'The filter with its start-up, with valid and refused records, violations and report to files; the peer without start-up.'
  return [{ title: `The filter: ${megabytes(bytesOf(input))} of transactions, CSV`, table, note, busiest }]
}

/** @param {string} input */
async function filter(input) {
  const { valid, violations, report } = outputsOf('filter')
  const invalid = `${valid}-not`
  const outputs = ['--valid', valid, '--invalid', invalid, '--violations', violations, '--report', report]
  const start = performance.now()
  const child = spawn(process.execPath, [filterPath, 'validate', input, '--schema', schemaFile('transactions'), ...outputs], {
    stdio: 'ignore',
  })
  let peakBytes = 0
  // The mark only rises, so the last look before the end is the peak.
  const timer = setInterval(() => {
    peakBytes = Math.max(peakBytes, peakOf(child.pid))
  }, 20)
  const status = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const seconds = (performance.now() - start) / 1000
  clearInterval(timer)
  if (status !== 1) throw new Error(`the filter ended with ${status}; on this input it ends with 1`)
  const found = JSON.parse(readFileSync(report, 'utf8')).counts.valid
  emptyOutputs({ valid, invalid, violations, report })
  return { seconds, peakBytes, valid: found }
}

/** @param {number | undefined} pid */
function peakOf(pid) {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Number(kilobytes ?? 0) * 1024
  } catch {
    return 0
  }
}
