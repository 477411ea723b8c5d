import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { contacts, contactsSchema } from './contacts.mjs'
import { fetchFlights } from './flights.mjs'
import { writeCorpus } from './generate-corpus.mjs'
import { quoted } from './quoted.mjs'
import { allBad, transactions } from './transactions.mjs'
import { wide, wideSchema } from './wide.mjs'

/** Where corpora are kept between runs; git knows nothing of it. */
export const dataDirectory = fileURLToPath(new URL('../data', import.meta.url))

/** The corpora that are made here, by name. */
export const made = { transactions, wide, quoted, contacts, 'all-bad': allBad }

/** The schemas that are made. @type {Record<string, Record<string, any>>} */
const schemas = { wide: wideSchema, contacts: contactsSchema }

/** @typedef {import('./generate-corpus.mjs').Size} Size */

/** The schema of a corpus. @param {string} name @returns {Record<string, any>} */
export function schemaOf(name) {
  return schemas[name] ?? JSON.parse(readFileSync(schemaFile(name), 'utf8'))
}

/** The path of the schema of any corpus but `wide` and `contacts`, which have theirs made. @param {string} name */
export function schemaFile(name) {
  return fileURLToPath(new URL(`./${name === 'all-bad' ? 'transactions' : name}.schema.json`, import.meta.url))
}

/**
 * The path of a corpus, which is made, or fetched, when it is not there yet.
 * @param {string} name @param {'csv' | 'ndjson'} format @param {Size} size @returns {Promise<string>}
 */
export async function corpusFile(name, format, size) {
  mkdirSync(dataDirectory, { recursive: true })
  if (name === 'flights') {
    const path = join(dataDirectory, 'flights.csv')
    return existsSync(path) ? path : fetchFlights(dataDirectory)
  }
  const corpus = made[/** @type {keyof typeof made} */ (name)]
  if (!corpus) throw new Error(`There is no corpus ${name}; there are ${[...Object.keys(made), 'flights'].join(', ')}.`)
  const extent = size.records === undefined ? `${size.bytes}b` : `${size.records}r`
  const path = join(dataDirectory, `${name}-${extent}.${format}`)
  if (!existsSync(path)) await writeCorpus(corpus, format, size, path)
  return path
}

/** Bytes of a file. @param {string} path */
export const bytesOf = (path) => statSync(path).size
