import { execFile } from 'node:child_process'
import { createReadStream, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { corpusFile } from './corpora/corpora.mjs'
import { coldStart } from './lambda-runtime.mjs'
import { quiet } from './quiet.mjs'
import { startServer } from './s3-server.mjs'
import { max, median, min } from './statistics.mjs'
import { loadSluice } from './subject.mjs'

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const mebibyte = 1024 * 1024
const memories = [256, 512, 1024, 1769]
const record =
  '{"id":1,"created_at":"2026-01-02T03:04:05Z","kind":"card","amount":1.5,"account":"AC0123456789","currency":"EUR","country":"DE","email":"a@example.org"}'
const message = { Records: [{ eventSource: 'aws:sqs', eventSourceARN: 'arn', messageId: 'm', body: record }] }

/** How long is a cold start, how large is the package, and how much memory does a function take? @param {import('./harness.mjs').Settings} settings */
export async function ask({ force, rounds }) {
  const server = await startServer()
  try {
    const busiest = await quiet(force)
    return [await askColdStarts(rounds, busiest), await askMemory(busiest), await askSize(busiest)]
  } finally {
    server.stop()
  }
}

/** @param {number} rounds @param {number} busiest */
async function askColdStarts(rounds, busiest) {
  const event = await putObject('small.csv', { records: 200 })
  /** @type {Record<string, number[]>} */
  const times = { idle: [], messages: [], objects: [], sluice: [], sdk: [] }
  for (let round = 0; round < rounds; round++) {
    for (const [handler, given] of [
      ['idle', {}],
      ['messages', message],
      ['objects', event],
    ]) {
      times[/** @type {string} */ (handler)]?.push((await coldStart(/** @type {string} */ (handler), given)).ms)
    }
    times.sluice?.push(await importMs(join(root, 'dist', 'index.js')))
    times.sdk?.push(await importMs('@aws-sdk/client-s3'))
  }
  const row = (/** @type {string} */ what, /** @type {string} */ name) => {
    const values = times[name] ?? []
    return [what, `${median(values).toFixed(0)} ms`, `${min(values).toFixed(0)} – ${max(values).toFixed(0)} ms`]
  }
  const rows = [
    row('runtime client and a function that does nothing, to its answer', 'idle'),
    row('… one message of SQS', 'messages'),
    row('… an object of 200 records, the SDK included', 'objects'),
    row("import 'sluice' alone", 'sluice'),
    row("import '@aws-sdk/client-s3' alone", 'sdk'),
  ]
  return { title: 'Lambda: cold start, from the spawn of the process', table: { head: ['what', 'median', 'from – to'], rows }, busiest }
}

/** @param {number} busiest */
async function askMemory(busiest) {
  const rows = []
  for (const megabytes of [16, 256]) {
    const event = await putObject(`large-${megabytes}.csv`, { bytes: megabytes * mebibyte })
    for (const memory of memories) {
      const { peakBytes, invocationMs } = await coldStart('objects', event, memory)
      rows.push([`${megabytes} MiB`, `${memory} MB`, `${(peakBytes / 1e6).toFixed(0)} MB`, `${(invocationMs / 1000).toFixed(1)} s`])
    }
  }
  const head = ['object', "the function's memory", 'peak RSS', 'invocation']
  return { title: 'Lambda: memory of a function for objects (all cores of this machine)', table: { head, rows }, busiest }
}

/** @param {number} busiest */
async function askSize(busiest) {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-lambda-'))
  try {
    const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], { cwd: root })
    const [{ filename, size, unpackedSize }] = JSON.parse(stdout)
    const bytesWith = async (/** @type {string[]} */ ...words) => {
      const own = mkdtempSync(join(folder, 'function-'))
      await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', own, ...words, join(folder, filename)])
      return bytesOf(join(own, 'node_modules'))
    }
    const rows = [
      ['the package, packed', megabytes(size)],
      ['… unpacked', megabytes(unpackedSize)],
      ['node_modules without the SDK', megabytes(await bytesWith('--omit=optional'))],
      ['… with the SDK', megabytes(await bytesWith())],
    ]
    return { title: 'Lambda: size', table: { head: ['what', 'bytes'], rows }, busiest }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @param {string} key @param {{ records?: number, bytes?: number }} size */
async function putObject(key, size) {
  const { s3Sink } = await loadSluice()
  await pipeline(createReadStream(await corpusFile('transactions', 'csv', size)), s3Sink(`s3://bench/in/${key}`))
  const s3 = { bucket: { name: 'bench' }, object: { key: `in/${key}` } }
  return { Records: [{ eventSource: 'aws:s3', eventName: 'ObjectCreated:Put', s3 }] }
}

/** @param {string} module */
async function importMs(module) {
  const program = `const begun = performance.now(); await import(${JSON.stringify(module)}); console.log(performance.now() - begun)`
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], { cwd: root })
  return Number(stdout)
}

/** @param {string} folder @returns {number} */
function bytesOf(folder) {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true })
  return entries.filter((entry) => entry.isFile()).reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
}

/** @param {number} bytes */
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`
