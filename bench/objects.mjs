import { nodeContender } from './contenders/peers.mjs'
import { bytesOf, corpusFile, schemaOf } from './corpora/corpora.mjs'
import { compare, speedTable } from './harness.mjs'

/** How fast are objects, from csv-parse, from stream-json and from memory? @param {import('./harness.mjs').Settings} settings */
export async function ask(settings) {
  const records = settings.records ?? 300_000
  const sections = []
  for (const { corpus, format, parser } of [
    { corpus: 'transactions', format: /** @type {const} */ ('csv'), parser: 'csv-parse' },
    { corpus: 'wide', format: /** @type {const} */ ('csv'), parser: 'csv-parse' },
    { corpus: 'contacts', format: /** @type {const} */ ('csv'), parser: 'csv-parse' },
    { corpus: 'transactions', format: /** @type {const} */ ('ndjson'), parser: 'stream-json' },
    { corpus: 'transactions', format: /** @type {const} */ ('ndjson'), parser: 'memory' },
    { corpus: 'contacts', format: /** @type {const} */ ('ndjson'), parser: 'memory' },
  ]) {
    const size = corpus === 'wide' ? Math.round(records / 6) : records
    const input = await corpusFile(corpus, format, { records: size })
    const course = { input, schema: schemaOf(corpus), missing: format === 'csv', sink: /** @type {const} */ ('null'), records: size }
    const contenders = ['sluice', 'ajv', 'none'].map((variant) => {
      const name = variant === 'none' ? `${parser} alone` : `${parser} → ${variant === 'sluice' ? 'Sluice' : 'ajv'}`
      return { ...nodeContender(name, course, { contender: 'objects', variant: `${parser} ${variant}` }), isOther: variant === 'none' }
    })
    const comparison = await compare(contenders, settings)
    const bytes = bytesOf(input)
    sections.push({
      title: `Objects: ${corpus} through ${parser}, ${size} records`,
      table: speedTable(comparison, bytes),
      busiest: comparison.busiest,
    })
  }
  return sections
}
