import { nodeContender } from './contenders/peers.mjs'
import { bytesOf, corpusFile, schemaOf } from './corpora/corpora.mjs'
import { compare, speedTable } from './harness.mjs'

/** How fast are typed objects of the valid records, from bytes? @param {import('./harness.mjs').Settings} settings */
export async function ask(settings) {
  const records = settings.records ?? 300_000
  const sections = []
  for (const { corpus, format, peer } of [
    { corpus: 'transactions', format: /** @type {const} */ ('csv'), peer: 'csv-parse' },
    { corpus: 'wide', format: /** @type {const} */ ('csv'), peer: 'csv-parse' },
    { corpus: 'quoted', format: /** @type {const} */ ('csv'), peer: 'csv-parse' },
    { corpus: 'transactions', format: /** @type {const} */ ('ndjson'), peer: 'readline' },
  ]) {
    const size = corpus === 'wide' ? Math.round(records / 6) : records
    const input = await corpusFile(corpus, format, { records: size })
    const course = { input, schema: schemaOf(corpus), missing: format === 'csv', sink: /** @type {const} */ ('null'), records: size }
    const contender = (/** @type {string} */ name, /** @type {string} */ variant) =>
      nodeContender(name, course, { contender: 'records', variant })
    const comparison = await compare(
      [
        contender('Sluice, recordBatches()', 'recordBatches'),
        contender('Sluice, records(), for await', 'records'),
        contender('Sluice, records() into a Writable', 'records sink'),
        contender(peer === 'csv-parse' ? 'csv-parse (columns) + coercion + ajv' : 'readline + JSON.parse + ajv', peer),
      ],
      settings,
    )
    sections.push({
      title: `Records: typed objects of ${corpus} from ${format.toUpperCase()}, ${size} records`,
      table: speedTable(comparison, bytesOf(input)),
      busiest: comparison.busiest,
    })
  }
  return sections
}
