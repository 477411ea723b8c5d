import { nodeContender } from './contenders/peers.mjs'
import { bytesOf, corpusFile, schemaOf } from './corpora/corpora.mjs'
import { compare, speedTable } from './harness.mjs'

/** How fast is NDJSON, with valid records to a file, violations and report? @param {import('./harness.mjs').Settings} settings */
export async function ask(settings) {
  const records = settings.records ?? 1_000_000
  const input = await corpusFile('transactions', 'ndjson', { records })
  const course = { input, schema: schemaOf('transactions'), missing: false, sink: /** @type {const} */ ('files'), records }
  const contenders = [
    nodeContender('Sluice', course, { contender: 'sluice' }),
    nodeContender('readline + JSON.parse + ajv', course, { contender: 'ndjson', variant: 'readline' }),
    nodeContender('split by hand + JSON.parse + ajv', course, { contender: 'ndjson', variant: 'split' }),
  ]
  const comparison = await compare(contenders, settings)
  const bytes = bytesOf(input)
  const title = `NDJSON to files: ${records} transactions, ${(bytes / 1e6).toFixed(0)} MB`
  return [{ title, table: speedTable(comparison, bytes), busiest: comparison.busiest }]
}
