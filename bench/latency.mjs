import { nodeContender } from './contenders/peers.mjs'
import { corpusFile, schemaOf } from './corpora/corpora.mjs'
import { compare } from './harness.mjs'

/** How long does a record wait that arrives alone? @param {import('./harness.mjs').Settings} settings */
export async function ask(settings) {
  const input = await corpusFile('transactions', 'csv', { records: 200 })
  const course = { input, schema: schemaOf('transactions'), missing: true, sink: /** @type {const} */ ('null'), records: 200 }
  const contenders = [undefined, 1].map((flushMs) =>
    nodeContender(flushMs === undefined ? 'defaults' : `flushMs: ${flushMs}`, course, {
      contender: 'latency',
      options: flushMs === undefined ? {} : { flushMs },
    }),
  )
  const { results, busiest } = await compare(contenders, { ...settings, rounds: 1 })
  const rows = results.map(({ name, extra }) => [name, ...['p50', 'p99', 'max'].map((key) => `${extra?.[key].toFixed(1)} ms`)])
  return [{ title: 'Latency of a line every 20 ms', table: { head: ['options', 'p50', 'p99', 'max'], rows }, busiest }]
}
