import { csvContenders, pythonContenders } from './contenders/peers.mjs'
import { bytesOf, corpusFile, schemaOf } from './corpora/corpora.mjs'
import { compare, speedTable } from './harness.mjs'

/** @typedef {import('./harness.mjs').Settings} Settings */

const corpora = [
  { name: 'transactions', share: 1, missing: true },
  { name: 'wide', share: 0.1, missing: true },
  { name: 'quoted', share: 0.3, missing: true },
  { name: 'flights', records: 336_776, missing: false },
]

/** How fast is CSV, with valid records to a file, violations and report? @param {Settings} settings */
export async function ask(settings) {
  const sections = []
  for (const { name, share = 1, missing, records = Math.round((settings.records ?? 1_000_000) * share) } of corpora) {
    const input = await corpusFile(name, 'csv', { records })
    const course = { input, schema: schemaOf(name), missing, sink: /** @type {const} */ ('files'), records }
    const contenders = [...csvContenders(course), ...(name === 'transactions' ? pythonContenders(course, settings.python) : [])]
    const comparison = await compare(contenders, settings)
    const bytes = bytesOf(input)
    const title = `CSV to files: ${name}, ${records} records, ${(bytes / 1e6).toFixed(0)} MB`
    sections.push({ title, table: speedTable(comparison, bytes), busiest: comparison.busiest })
  }
  return sections
}
