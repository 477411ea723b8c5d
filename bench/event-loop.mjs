import { nodeContender } from './contenders/peers.mjs'
import { corpusFile, schemaOf } from './corpora/corpora.mjs'
import { compare } from './harness.mjs'
import { median } from './statistics.mjs'

/** Does the event loop stay free while it runs flat out, and do many pipelines at once give what one gives? @param {import('./harness.mjs').Settings} settings */
export async function ask(settings) {
  const records = settings.records ?? 1_000_000
  const input = await corpusFile('transactions', 'csv', { records: records * 3 })
  const files = { schema: schemaOf('transactions'), missing: true, sink: /** @type {const} */ ('files') }
  const nowhere = { ...files, sink: /** @type {const} */ ('null') }
  const alone = { input, records: records * 3 }
  const small = { input: await corpusFile('transactions', 'csv', { records: 20_000 }), records: 20_000 }
  const delays = { loopDelay: true }
  const contenders = [
    nodeContender('Sluice, to nowhere', { ...nowhere, ...alone }, { contender: 'sluice', ...delays }),
    nodeContender('Sluice, to files', { ...files, ...alone }, { contender: 'sluice', ...delays }),
    nodeContender(
      'Sluice, batches of 1 MiB, to nowhere',
      { ...nowhere, ...alone },
      { contender: 'sluice', options: { batchBytes: 1 << 20 }, ...delays },
    ),
    nodeContender('uDSV + ajv, to nowhere', { ...nowhere, ...alone }, { contender: 'udsv', ...delays }),
  ]
  const many = [nodeContender('200 pipelines of Sluice at once', { ...nowhere, ...small }, { contender: 'many' })]
  const one = await compare(contenders, settings)
  const all = await compare(many, settings)
  const rows = [...one.results, ...all.results].map(({ name, seconds, loopDelayMs, counts }) => {
    const delays = loopDelayMs && [loopDelayMs.p50, loopDelayMs.p99, loopDelayMs.max].map((delay) => `${delay.toFixed(1)} ms`)
    return [name, `${(counts.read / median(seconds) / 1e6).toFixed(2)} M`, ...(delays ?? ['', '', ''])]
  })
  const note =
    'Of the worst round. A timer of a millisecond is itself about 1.1 ms late. The 200 were checked to give what one gives alone.'
  const table = { head: ['contender', 'records/s', 'delay p50', 'p99', 'max'], rows }
  return [{ title: 'Event loop', table, note, busiest: Math.max(one.busiest, all.busiest) }]
}
