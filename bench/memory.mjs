import { nodeContender } from './contenders/peers.mjs'
import { bytesOf, corpusFile, schemaOf } from './corpora/corpora.mjs'
import { compare, megabytes } from './harness.mjs'
import { median } from './statistics.mjs'

const sizes = [64, 256, 1024]

/** Does memory stay flat, whatever the size of the input and the speed of the sink? @param {import('./harness.mjs').Settings} settings */
export async function ask(settings) {
  const rows = []
  let busiest = 0
  for (const sink of /** @type {const} */ (['files', 'slow'])) {
    for (const mebibytes of sizes) {
      const input = await corpusFile('transactions', 'csv', { bytes: mebibytes * 2 ** 20 })
      const course = { input, schema: schemaOf('transactions'), missing: true, sink: /** @type {any} */ (sink), records: Number.NaN }
      // A millisecond for a hundred records makes a minute and a half of the largest, so once is enough.
      const rounds = sink === 'slow' ? 1 : settings.rounds
      const contender = nodeContender(`memory-${sink}`, course, { contender: 'sluice' })
      const comparison = await compare([contender], { ...settings, rounds })
      const [result] = comparison.results
      if (!result) continue
      busiest = Math.max(busiest, comparison.busiest)
      const { peakBytes, seconds } = result
      rows.push([
        sink,
        megabytes(bytesOf(input)),
        `${median(seconds).toFixed(2)} s`,
        megabytes(peakBytes),
        megabytes(peakBytes - comparison.idleBytes),
      ])
    }
  }
  const head = ['sink', 'input', 'time', 'peak RSS', 'over idle Node']
  return [{ title: 'Memory: transactions, CSV', table: { head, rows }, busiest, note: '`slow` takes a millisecond for a hundred records.' }]
}
