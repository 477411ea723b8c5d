import { nodeContender } from './contenders/peers.mjs'
import { bytesOf, corpusFile, schemaOf } from './corpora/corpora.mjs'
import { compare, speedTable } from './harness.mjs'

/** How fast is NDJSON, with violations and report to files, and the valid records too or nowhere? @param {import('./harness.mjs').Settings} settings */
export async function ask(settings) {
  const records = settings.records ?? 1_000_000
  const input = await corpusFile('transactions', 'ndjson', { records })
  const bytes = bytesOf(input)
  const tables = []
  for (const [sink, told] of /** @type {const} */ ([
    ['findings', 'checked, violations and report to files'],
    ['files', 'to files, valid records too'],
  ])) {
    const course = { input, schema: schemaOf('transactions'), missing: false, sink, records }
    const contenders = [
      nodeContender('Sluice', course, { contender: 'sluice' }),
      nodeContender('readline + JSON.parse + ajv', course, { contender: 'ndjson', variant: 'readline' }),
      nodeContender('split by hand + JSON.parse + ajv', course, { contender: 'ndjson', variant: 'split' }),
    ]
    const comparison = await compare(contenders, settings)
    const title = `NDJSON ${told}: ${records} transactions, ${(bytes / 1e6).toFixed(0)} MB`
    tables.push({ title, table: speedTable(comparison, bytes), busiest: comparison.busiest })
  }
  return tables
}
