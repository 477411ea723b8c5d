import { nodeContender } from './contenders/peers.mjs'
import { bytesOf, corpusFile, schemaOf } from './corpora/corpora.mjs'
import { compare, speedTable } from './harness.mjs'

/** How fast is input of which no record is valid, with every violation written? @param {import('./harness.mjs').Settings} settings */
export async function ask(settings) {
  const records = settings.records ?? 1_000_000
  const input = await corpusFile('all-bad', 'csv', { records })
  const course = { input, schema: schemaOf('all-bad'), missing: true, sink: /** @type {const} */ ('files'), records }
  const contenders = [nodeContender('Sluice', course, { contender: 'sluice' }), nodeContender('uDSV + ajv', course, { contender: 'udsv' })]
  const comparison = await compare(contenders, settings)
  const bytes = bytesOf(input)
  return [
    { title: `All bad: ${records} transactions, violations to a file`, table: speedTable(comparison, bytes), busiest: comparison.busiest },
  ]
}
