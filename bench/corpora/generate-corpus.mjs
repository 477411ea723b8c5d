import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdir, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Random } from './random.mjs'

const chunkLength = 1 << 20

/**
 * @typedef {object} Corpus
 * @property {number} seed
 * @property {(index: number, random: Random) => Record<string, unknown>} record
 *
 * @typedef {object} Size `records` or `bytes`, whichever comes first; at least one of them
 * @property {number} [records]
 * @property {number} [bytes]
 */

/** One CSV cell by RFC 4180. @param {unknown} value */
function cell(value) {
  const text = String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/**
 * The text of a corpus, about a mebibyte at a time.
 * @param {Corpus} corpus @param {'csv' | 'ndjson'} format @param {Size} size
 */
export function* corpusText(corpus, format, { records = Number.POSITIVE_INFINITY, bytes = Number.POSITIVE_INFINITY }) {
  const random = new Random(corpus.seed)
  let text = ''
  let written = 0
  for (let index = 0; index < records && written < bytes; index++) {
    const record = corpus.record(index, random)
    if (format === 'csv' && index === 0) text += `${Object.keys(record).map(cell).join(',')}\n`
    text += `${format === 'csv' ? Object.values(record).map(cell).join(',') : JSON.stringify(record)}\n`
    if (text.length >= chunkLength) {
      written += text.length
      yield text
      text = ''
    }
  }
  if (text !== '') yield text
}

/**
 * Writes a corpus to a file, whole or not at all.
 * @param {Corpus} corpus @param {'csv' | 'ndjson'} format @param {Size} size @param {string} path
 */
export async function writeCorpus(corpus, format, size, path) {
  await mkdir(dirname(path), { recursive: true })
  const unfinished = `${path}.unfinished`
  const file = createWriteStream(unfinished)
  for (const text of corpusText(corpus, format, size)) {
    if (!file.write(text)) await once(file, 'drain')
  }
  file.end()
  await once(file, 'finish')
  await rename(unfinished, path)
}
