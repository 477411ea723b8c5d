import { spawn } from 'node:child_process'
import { performance } from 'node:perf_hooks'
import { corpusFile, schemaFile, schemaOf } from './corpora/corpora.mjs'
import { quiet } from './quiet.mjs'
import { median } from './statistics.mjs'
import { filterPath, loadSluice } from './subject.mjs'

const turns = 15

/** How long until the filter's first byte, over a Node that does nothing, and what does compiling a schema cost? @param {import('./harness.mjs').Settings} settings */
export async function ask({ force }) {
  const input = await corpusFile('transactions', 'csv', { records: 200 })
  const busiest = await quiet(force)
  const [idle, filter, whole] = [[], [], []].map(() => /** @type {number[]} */ ([]))
  for (let turn = 0; turn < turns; turn++) {
    idle?.push((await timed(['-e', '0'])).endMs)
    const { firstMs, endMs } = await timed([filterPath, 'validate', input, '--schema', schemaFile('transactions')])
    filter?.push(firstMs)
    whole?.push(endMs)
  }
  const { first, second } = await compileTimes()
  const base = median(idle ?? [])
  const rows = [
    ['node -e 0', `${base.toFixed(0)} ms`, ''],
    ['the filter, to its first byte', `${median(filter ?? []).toFixed(0)} ms`, `${(median(filter ?? []) - base).toFixed(0)} ms`],
    ['the filter, to its end', `${median(whole ?? []).toFixed(0)} ms`, `${(median(whole ?? []) - base).toFixed(0)} ms`],
    ['validate(schema), the first time', `${first.toFixed(2)} ms`, ''],
    ['validate(schema), after that', `${second.toFixed(3)} ms`, ''],
  ]
  return [{ title: 'Start-up: 200 transactions', table: { head: ['what', 'median', 'over node -e 0'], rows }, busiest }]
}

/** @param {string[]} words @returns {Promise<{ firstMs: number, endMs: number }>} */
function timed(words) {
  const start = performance.now()
  let firstMs = Number.NaN
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'ignore'] })
  child.stdout.once('data', () => {
    firstMs = performance.now() - start
  })
  child.stdout.resume()
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => resolve({ firstMs, endMs: performance.now() - start }))
  })
}

async function compileTimes() {
  const { validate } = await loadSluice()
  const schema = schemaOf('transactions')
  const compile = () => {
    const start = performance.now()
    validate(schema).destroy()
    return performance.now() - start
  }
  const first = compile()
  return { first, second: median(Array.from({ length: 50 }, compile)) }
}
