import type { Readable } from 'node:stream'
import { withoutCompressionEnding } from '../compression/names.js'

/** What can be told of a stream from the one that is piped into it. */
export interface Upstream {
  /** Its path, if it has one. */
  source?: string
  /** By the ending of the path, before that of a compression. */
  format?: 'csv' | 'ndjson' | 'json'
  /** A tab where the path says so. */
  delimiter?: string
  /** It gives records whose strings are CSV cells. */
  cells: boolean
  /** It goes on giving objects although it was asked to wait. */
  pilesUp(): boolean
}

const ndjson = /\.(?:ndjson|jsonl|ldjson|jsonlines)$/i
const json = /\.json$/i
const csv = /\.(?:csv|tsv|tab)$/i
const tabs = /\.(?:tsv|tab)$/i

/** Nothing was piped; somebody writes. */
export const noUpstream: Upstream = { cells: false, pilesUp: () => false }

export function describeUpstream(stream: unknown): Upstream {
  const path = (stream as { path?: unknown } | undefined)?.path
  const source = typeof path === 'string' || path instanceof URL || Buffer.isBuffer(path) ? String(path) : undefined
  const known = { cells: isCsvParser(stream), pilesUp: () => hasPiledUp(stream as Partial<Readable>) }
  if (source === undefined) return known
  const name = withoutCompressionEnding(source)
  const format = ndjson.test(name) ? 'ndjson' : csv.test(name) ? 'csv' : json.test(name) ? 'json' : undefined
  return { source, ...known, ...(format && { format }), ...(tabs.test(name) && { delimiter: '\t' }) }
}

/** A parser makes objects of a whole chunk without a pause. */
function hasPiledUp({ readableLength = 0, readableHighWaterMark = 0 }: Partial<Readable>): boolean {
  return readableLength > readableHighWaterMark
}

/**
 * True for the parsers of CSV that people use: their records hold texts, whatever the columns mean. Each is known by what it alone has:
 * csv-parse counts records in `info`, csv-parser keeps `headers` and `customNewline`, fast-csv has `parserOptions`, papaparse `parseOptions`.
 */
function isCsvParser(stream: unknown): boolean {
  if (typeof stream !== 'object' || stream === null) return false
  const { info, options, customNewline, parserOptions } = stream as Record<string, unknown>
  const has = (value: unknown, name: string) => typeof value === 'object' && value !== null && name in value
  // With cast, csv-parse has made values of the texts itself.
  if (has(info, 'records') && has(options, 'columns') && has(options, 'cast_function')) return !(options as { cast?: unknown }).cast
  return customNewline !== undefined || has(parserOptions, 'delimiter')
}
