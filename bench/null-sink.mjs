import { nodeContender, pythonContenders } from './contenders/peers.mjs'
import { bytesOf, corpusFile, schemaOf } from './corpora/corpora.mjs'
import { compare, speedTable } from './harness.mjs'

/** How fast is CSV when nothing is written? Sluice alone, at several sizes of batch. @param {import('./harness.mjs').Settings} settings */
export async function ask(settings) {
  const records = settings.records ?? 5_000_000
  const input = await corpusFile('transactions', 'csv', { records })
  const course = { input, schema: schemaOf('transactions'), missing: true, sink: /** @type {const} */ ('null'), records }
  const contenders = [undefined, 128, 256, 512, 1024, 2048].map((kibibytes) => {
    const options = { options: kibibytes ? { batchBytes: kibibytes * 1024 } : {} }
    return nodeContender(kibibytes ? `batches of ${kibibytes} KiB` : 'defaults', course, { contender: 'sluice', ...options })
  })
  const comparison = await compare([...contenders, ...pythonContenders(course, settings.python)], settings)
  const bytes = bytesOf(input)
  return [{ title: `CSV to nowhere: ${records} transactions`, table: speedTable(comparison, bytes), busiest: comparison.busiest }]
}
