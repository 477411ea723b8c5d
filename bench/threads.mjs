import { nodeContender } from './contenders/peers.mjs'
import { bytesOf, corpusFile, schemaOf } from './corpora/corpora.mjs'
import { compare, speedTable } from './harness.mjs'

/** What does a second thread bring, and do too many cost? The first row has one. @param {import('./harness.mjs').Settings} settings */
export async function ask(settings) {
  const records = settings.records ?? 5_000_000
  const input = await corpusFile('transactions', 'csv', { records })
  const course = { input, schema: schemaOf('transactions'), missing: true, sink: /** @type {const} */ ('null'), records }
  const contenders = [1, 2, 4].map((threads) => nodeContender(`threads: ${threads}`, course, { contender: 'sluice', options: { threads } }))
  const comparison = await compare(contenders, settings)
  const { head, rows } = speedTable(comparison, bytesOf(input))
  const table = { head: head.map((name) => (name === 'Sluice is' ? 'time against one' : name)), rows }
  return [{ title: `Threads: ${records} transactions, CSV to nowhere`, table, busiest: comparison.busiest }]
}
