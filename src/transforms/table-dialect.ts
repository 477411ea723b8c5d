import { SluiceError } from '../errors.js'
import type { ValidateOptions } from './options.js'

/**
 * A Frictionless Table Dialect (v2), or a CSV Dialect (v1). Every property is either enforced or refused with `option/invalid`:
 * what would need several header rows, comments by number, or escapes outside quotes is refused.
 */
export interface TableDialect {
  $schema?: string
  /** CSV Dialect (v1): its version. */
  csvddfVersion?: number | string
  delimiter?: string
  /** `\r\n`, `\n` or `\r`; all of them are read, mixed as they come. */
  lineTerminator?: string
  /** One character; `''` for none. */
  quoteChar?: string
  /** `false` needs the option `escape`. */
  doubleQuote?: boolean
  /** Refused, unless the option `escape` is given in its place. */
  escapeChar?: string
  /** A text that stands for a missing value, beside the empty one. */
  nullSequence?: string
  skipInitialSpace?: boolean
  /** `false` needs the names of the columns: the option `header`. */
  header?: boolean
  headerRows?: readonly number[]
  headerJoin?: string
  commentRows?: readonly number[]
  commentChar?: string
  /** CSV Dialect (v1): `false` is refused. */
  caseSensitiveHeader?: boolean
}

type Options = ValidateOptions
type Read = (value: unknown, options: Options) => Partial<Options>

const profile =
  /^https?:\/\/(?:datapackage\.org\/profiles\/\d+\.\d+\/tabledialect|(?:specs\.)?frictionlessdata\.io\/schemas\/csv-dialect)\.json$/
const elsewhere = 'it is of JSON, spreadsheets or databases, not of delimited text'

function refused(name: string, value: unknown, why: string): SluiceError {
  return new SluiceError('option/invalid', `The dialect's ${name} is ${JSON.stringify(value) ?? String(value)}: ${why}.`)
}

function text(name: string, value: unknown): string {
  if (typeof value === 'string') return value
  throw refused(name, value, 'it must be a text')
}

function flag(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value
  throw refused(name, value, 'it must be true or false')
}

function character(name: string, value: unknown): string {
  const sign = text(name, value)
  if (/^[^\n\r\P{ASCII}]$/u.test(sign)) return sign
  throw refused(name, value, 'only one ASCII character that is no line end is read')
}

function none(name: string, value: unknown, only: string, why: string): Partial<Options> {
  if (JSON.stringify(value) === only) return {}
  throw refused(name, value, why)
}

function header(value: unknown, options: Options): Partial<Options> {
  const names = Array.isArray(options.header)
  if (flag('header', value) && names) throw refused('header', value, 'the names in the option header are for input without a header row')
  if (value === false && !names) throw refused('header', value, 'name the columns (header), or leave it out if the first row does')
  return {}
}

/** Each property, as the options that it stands for. */
const properties: Record<keyof TableDialect, Read> = {
  $schema: (value) => {
    if (profile.test(text('$schema', value))) return {}
    throw refused('$schema', value, 'only the profiles of Table Dialect and CSV Dialect are known')
  },
  csvddfVersion: (value) => {
    if (/^1(?:\.[0-2])?$/.test(String(value))) return {}
    throw refused('csvddfVersion', value, 'versions 1.0 to 1.2 are known')
  },
  delimiter: (value) => ({ delimiter: character('delimiter', value) }),
  lineTerminator: (value) => {
    if (['\r\n', '\n', '\r'].includes(text('lineTerminator', value))) return {}
    throw refused('lineTerminator', value, 'lines end with \\n, \\r\\n or \\r, each of which is read')
  },
  quoteChar: (value) => ({ quote: value === '' ? '' : character('quoteChar', value) }),
  doubleQuote: (value, { escape }) => {
    if (flag('doubleQuote', value) === (escape === undefined)) return {}
    const why = value ? 'with the option escape, a quote is not doubled but escaped' : 'say then how a quote in quotes is written (escape)'
    throw refused('doubleQuote', value, why)
  },
  escapeChar: (value, { escape }) => {
    if (escape !== undefined) return {}
    const why = 'escapes outside quotes are not read; where it only stands before quotes in quoted fields, give the option escape'
    throw refused('escapeChar', text('escapeChar', value), why)
  },
  nullSequence: (value) => ({ missing: ['', text('nullSequence', value)] }),
  skipInitialSpace: (value) => ({ skipInitialSpace: flag('skipInitialSpace', value) }),
  header,
  headerRows: (value) => none('headerRows', value, '[1]', 'only one header row is read, the first'),
  // With one header row there is nothing to join.
  headerJoin: (value) => (text('headerJoin', value), {}),
  commentRows: (value) => none('commentRows', value, '[]', 'comments are not known by their numbers; commentChar knows them by their sign'),
  commentChar: (value) => ({ comment: character('commentChar', value) }),
  caseSensitiveHeader: (value) => none('caseSensitiveHeader', value, 'true', 'the case of names always counts'),
}

const inapplicable = new Set(['property', 'itemType', 'itemKeys', 'sheetNumber', 'sheetName', 'table'])

/** `options` with those that its `dialect` stands for; one that is given itself comes before. Throws `option/invalid`. */
export function withTableDialect(given: Options): Options {
  const { dialect, ...options } = given ?? {}
  // What is no object at all is refused with the options.
  if (dialect === undefined) return given
  if (typeof dialect !== 'object' || dialect === null || Array.isArray(dialect))
    throw new SluiceError('option/invalid', 'dialect is no Table Dialect; it must be an object.')
  if (options.format === 'ndjson') throw new SluiceError('option/invalid', 'dialect is of CSV, but format is "ndjson".')
  const read: Options = {}
  for (const [name, value] of Object.entries(dialect)) {
    if (inapplicable.has(name)) throw refused(name, value, elsewhere)
    if (!Object.hasOwn(properties, name)) throw refused(name, value, 'there is no such property of a Table Dialect')
    Object.assign(read, properties[name as keyof TableDialect](value, options))
  }
  // With `auto`, the first byte could make it NDJSON, and the source's name could make the delimiter a tab.
  const beside = Object.entries({ ...options, format: 'csv' }).filter(([, value]) => value !== undefined)
  return { delimiter: ',', ...read, ...Object.fromEntries(beside), ...symbolsOf(options) }
}

function symbolsOf(options: object): object {
  return Object.fromEntries(Object.getOwnPropertySymbols(options).map((key) => [key, (options as Record<symbol, unknown>)[key]]))
}
