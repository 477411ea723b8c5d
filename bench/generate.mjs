// node bench/generate.mjs transactions --records 1000000 --out transactions.csv
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { made } from './corpora/corpora.mjs'
import { corpusText, writeCorpus } from './corpora/generate-corpus.mjs'

const usage = `usage: node bench/generate.mjs ${Object.keys(made).join('|')} [--records N] [--bytes N[K|M|G]] [--format csv|ndjson] [--out FILE]`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { records: { type: 'string' }, bytes: { type: 'string' }, format: { type: 'string' }, out: { type: 'string' } },
})
const corpus = made[/** @type {keyof typeof made} */ (positionals[0])]
const format = values.format ?? (values.out?.endsWith('.ndjson') ? 'ndjson' : 'csv')
if (!corpus || positionals.length !== 1 || (format !== 'csv' && format !== 'ndjson')) {
  console.error(usage)
  process.exit(2)
}

const size = {
  records: values.records ? Number(values.records) : values.bytes ? undefined : 1_000_000,
  bytes: values.bytes ? bytes(values.bytes) : undefined,
}
if (values.out) await writeCorpus(corpus, format, size, values.out)
else {
  process.stdout.on('error', () => process.exit(0))
  for (const text of corpusText(corpus, format, size)) if (!process.stdout.write(text)) await once(process.stdout, 'drain')
}

/** @param {string} text */
function bytes(text) {
  const [, number, unit] = /^(\d+)([KMG]?)$/.exec(text) ?? []
  if (number === undefined) throw new Error(usage)
  return Number(number) * 1024 ** ['', 'K', 'M', 'G'].indexOf(unit)
}
