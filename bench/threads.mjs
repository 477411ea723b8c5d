import { execFileSync } from 'node:child_process'
import { nodeContender } from './contenders/peers.mjs'
import { bytesOf, corpusFile, schemaOf } from './corpora/corpora.mjs'
import { compare, speedTable } from './harness.mjs'

/**
 * What does a second thread bring, and do too many cost? The first row of each table has one. Where checks are cheap, reading and handing on take half as
 * long as they do, and with one thread that checks they have the other core to themselves. So it is asked again with one core for the whole
 * process, and with a schema for the full engine, which is mostly checks.
 * @param {import('./harness.mjs').Settings} settings
 */
export async function ask(settings) {
  const plan = schemaOf('transactions')
  return [
    await question(settings, { schema: plan, told: 'by the plan', records: settings.records ?? 5_000_000 }),
    await question(settings, {
      schema: { ...plan, unevaluatedProperties: false },
      told: 'by the full engine',
      records: Math.ceil((settings.records ?? 5_000_000) / 10),
    }),
  ]
}

/** @param {import('./harness.mjs').Settings} settings @param {{ schema: Record<string, any>, told: string, records: number }} course */
async function question(settings, { schema, told, records }) {
  const input = await corpusFile('transactions', 'csv', { records })
  const course = { input, schema, missing: true, sink: /** @type {const} */ ('findings'), records }
  const contenders = [1, 2, 4].map((threads) => nodeContender(`threads: ${threads}`, course, { contender: 'sluice', options: { threads } }))
  if (canPin())
    contenders.push({
      ...nodeContender('threads: 1, one core for all', course, { contender: 'sluice', options: { threads: 1 } }),
      cores: 1,
    })
  const comparison = await compare(contenders, settings)
  const { head, rows } = speedTable(comparison, bytesOf(input))
  const table = { head: head.map((name) => (name === 'Sluice is' ? 'time against one' : name)), rows }
  return {
    title: `Threads: ${records} transactions, CSV checked ${told}, violations and report to files`,
    table,
    busiest: comparison.busiest,
  }
}

/** Whether a process can be kept to some cores here. */
function canPin() {
  try {
    execFileSync('taskset', ['--cpu-list', '0', 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
