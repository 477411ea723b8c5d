import { availableParallelism } from 'node:os'
import { Checkpoint } from '../checkpoint/checkpoint.js'
import { SluiceError } from '../errors.js'
import { type LimitName, limits } from '../limits.js'
import { checkRecordPath, type StreamOptions } from '../native.js'
import type { Resource } from '../resources/resource.js'
import { isPlainObject } from '../schema/json-data.js'
import type { SchemaOptions } from '../schema/schema-options.js'
import type { TransformStep } from '../schema/transform.js'
import type { TableDialect } from './table-dialect.js'

const encodings = ['auto', 'utf-8', 'utf-16le', 'utf-16be', 'latin1', 'windows-1252'] as const

/** So that a record which comes alone is out within 10 ms, with what a timer is late and a check takes. */
export const flushMsDefault = 5

/** How characters are written. `auto`: UTF-8, or UTF-16 where a byte order mark says so. */
export type Encoding = (typeof encodings)[number]

/** Options of `validate`. The limits are described in `limits`. */
export interface ValidateOptions extends SchemaOptions, Partial<Record<LimitName, number | undefined>> {
  /** How bytes are read. Default `auto`: by the ending of the source's name, else NDJSON if the first byte is `{`, a JSON document if it is `[`, else CSV. */
  format?: 'auto' | 'csv' | 'ndjson' | 'json' | undefined
  /**
   * Where the records of a JSON document are: JSONPath (RFC 9535) of `$`, `.name`, `['name']`, `[n]`, `.*` and `[*]`. It makes `json` the format.
   * Default `$[*]` of a document that is an array.
   */
  recordPath?: string | undefined
  /** Name of the source in positions. Default: the path of the stream that is piped in, if it has one. */
  source?: string | undefined
  /** How the characters of bytes are written. What comes out is UTF-8 always. Default `auto`. */
  encoding?: Encoding | undefined
  /** A Frictionless Table Dialect; options that are given beside it come before what it says. */
  dialect?: TableDialect | undefined
  /**
   * One ASCII character between fields, or `auto`: told from the first 65,536 bytes, among comma, semicolon, tab and bar, and an error
   * where these leave a doubt. Default `,`, or a tab where the source's name ends in `.tsv` or `.tab`.
   */
  delimiter?: string | undefined
  /** One ASCII character around fields; `''` makes quotes ordinary text. Default `"`. */
  quote?: string | undefined
  /** One ASCII character before a quote within a quoted field. Default: a quote is doubled (RFC 4180). */
  escape?: string | undefined
  /** One ASCII character; lines that begin with it are no records and go where the valid records go. Default: none. */
  comment?: string | undefined
  /** Spaces between a delimiter and the field after it are no part of the field, and a quote may follow them. Default false. */
  skipInitialSpace?: boolean | undefined
  /** `true` (the default): the first record names the columns. An array: these are their names, and the first record is data. */
  header?: true | readonly string[] | undefined
  /** `violation` (the default): a blank line is a record with one empty field. `skip`: it is no record and goes where the valid ones go. */
  blankLines?: 'violation' | 'skip' | undefined
  /** Texts of a cell that stand for a missing value; `x-missing` of a field replaces them. Default `['']`. */
  missing?: readonly string[] | undefined
  /** Records as objects: their strings are CSV cells, to be read by the schema. Default: true after a parser of CSV, else false. */
  cells?: boolean | undefined
  /** Records as objects: what is to be checked of each chunk. Default: the chunk. */
  select?: ((chunk: never) => unknown) | undefined
  /**
   * What goes on. `valid` (the default): the valid records. `all`: every record, with its verdict; of bytes all of them as they came, and
   * the verdict of a chunk has `refused`; of objects each as `{ record, valid, violations, index }`. `split` needs `valid`.
   */
  emit?: 'valid' | 'all' | undefined
  /** Format of the valid records: `ndjson` or `csv`, whatever that of the source is. Default: that of the source, NDJSON for a JSON document. */
  to?: 'ndjson' | 'csv' | undefined
  /** Steps that transform valid records, for a schema that has none of its own (`x-transform`). Default: none. */
  transform?: readonly TransformStep[] | undefined
  /** The key of the hash `hmac-sha256`. It is a secret, so it stands in no schema. Default: none. */
  hashKey?: string | Uint8Array | undefined
  /** Fields whose values are shown as `***` in violations and samples. Default: none. */
  mask?: readonly string[] | undefined
  /** Stop with the error `limit/max-errors` beyond so many invalid records, or beyond so many in a hundred, asked from `maxErrorsWarmUp` records on and at the end. Warnings do not count. */
  maxErrors?: number | `${number}%` | undefined
  /** An object that has one name twice: a violation `json/duplicate-key` (the default), or its last value counts and those before it are not checked, as JSON.parse reads it. */
  duplicateKeys?: 'violation' | 'last' | undefined
  /**
   * A record on which some rule could not be decided (`pattern/undecided`, `schema/undecided`) and that breaks no other: it is refused (the
   * default), flows on with the valid ones, or stops the stream with the error `limit/undecided`. Its violations are told, and
   * the report counts it (`undecided`), in each case.
   */
  onUndecided?: 'invalid' | 'valid' | 'abort' | undefined
  /** An input without bytes is no error. Default false. */
  allowEmpty?: boolean | undefined
  /** By name, the files that `x-foreignKeys` refers to. They are read before the first record is judged, and once for all inputs of `validateFiles`. */
  resources?: Readonly<Record<string, Resource>> | undefined
  /** Where keys of `x-unique` and of references go that `uniqueBytesMax` has no room for: a directory. The files have no names, and are gone with the stream. Default: `os.tmpdir()`. */
  temporaryDirectory?: string | undefined
  /** Threads that check. Default: one for each core; more are not started. */
  threads?: number | undefined
  /** Milliseconds after which whole records are checked though their batch is not full. Default 5. */
  flushMs?: number | undefined
  /** What is written each `checkpointBytes`, to go on from after a crash: `checkpoint(path)`. For bytes. Default: none. */
  checkpoint?: Checkpoint | undefined
  /** Aborting it destroys the stream. */
  signal?: AbortSignal | undefined
}

const known = new Set([
  ...Object.keys(limits),
  ...[
    'format',
    'encoding',
    'dialect',
    'recordPath',
    'source',
    'delimiter',
    'quote',
    'escape',
    'comment',
    'skipInitialSpace',
    'header',
    'blankLines',
    'missing',
    'cells',
    'select',
    'emit',
    'to',
    'transform',
    'hashKey',
    'mask',
    'maxErrors',
    'duplicateKeys',
    'onUndecided',
  ],
  ...['formatAssertion', 'unknownKeywords', 'references', 'allowEmpty', 'threads', 'flushMs', 'checkpoint', 'signal'],
  'temporaryDirectory',
  'resources',
])
const threadsMost = 1_024

export function invalidOption(name: string, value: unknown, needed: string): SluiceError {
  return new SluiceError('option/invalid', `${name} is ${JSON.stringify(value) ?? String(value)}; it must be ${needed}.`)
}

/** Throws `option/invalid` for a name that is no option: a slip of the pen must not turn a check off. */
export function checkNames(options: object): void {
  for (const name of Object.keys(options)) {
    if (!known.has(name))
      throw new SluiceError('option/invalid', `There is no option ${JSON.stringify(name)}; the options are ${[...known].join(', ')}.`)
  }
}

const types: { [Name in keyof ValidateOptions]?: [test: (value: unknown) => boolean, needed: string] } = {
  source: [(value) => typeof value === 'string', 'a string'],
  cells: [(value) => typeof value === 'boolean', 'true or false'],
  skipInitialSpace: [(value) => typeof value === 'boolean', 'true or false'],
  allowEmpty: [(value) => typeof value === 'boolean', 'true or false'],
  select: [(value) => typeof value === 'function', 'a function'],
  temporaryDirectory: [(value) => typeof value === 'string' && value !== '', 'the path of a directory'],
  resources: [(value) => isPlainObject(value), 'an object of references by name'],
  checkpoint: [(value) => value instanceof Checkpoint, 'made by checkpoint(path)'],
  signal: [(value) => value instanceof AbortSignal, 'an AbortSignal'],
}

/** Throws `option/invalid` for a value of another type than TypeScript asks for: not every caller has its help. */
function checkTypes(options: ValidateOptions): void {
  for (const [name, [test, needed]] of Object.entries(types)) {
    const value = options[name as keyof ValidateOptions]
    if (value !== undefined && !test(value)) throw invalidOption(name, value, needed)
  }
}

function whole(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw invalidOption(name, value, `a whole number from ${least} to ${most}`)
}

function byte(name: string, value: string | undefined): number | undefined {
  if (value === undefined || (name === 'quote' && value === '')) return undefined
  const code = typeof value === 'string' ? value.charCodeAt(0) : Number.NaN
  if (value.length === 1 && code < 128 && code !== 10 && code !== 13) return code
  throw invalidOption(name, value, 'one ASCII character, and no line end')
}

function oneOf<T extends string>(name: string, value: T | undefined, values: readonly [T, ...T[]]): T {
  if (value === undefined) return values[0]
  if (values.includes(value)) return value
  throw invalidOption(name, value, `one of ${values.join(', ')}`)
}

/** A copy of an array of strings. Throws `option/invalid`. */
export function texts(name: string, value: readonly string[] | undefined): string[] | undefined {
  if (value === undefined || (Array.isArray(value) && value.every((text) => typeof text === 'string'))) return value && [...value]
  throw invalidOption(name, value, 'an array of strings')
}

/** The limit as it was set, or its default. Throws `option/invalid`. */
export function limitOf(name: LimitName, options: ValidateOptions): number {
  const { default: usual, most } = limits[name]
  return whole(name, options[name] ?? usual, name === 'samplesPerRule' ? 0 : 1, most)
}

function maxErrorsOf(value: number | string | undefined): Pick<StreamOptions, 'maxErrors' | 'maxErrorsPercent'> {
  if (value === undefined) return {}
  if (typeof value === 'number') return { maxErrors: whole('maxErrors', value, 0, Number.MAX_SAFE_INTEGER) }
  const percent = /^\d+(?:\.\d+)?%$/.test(value) ? Number(value.slice(0, -1)) : Number.NaN
  if (percent <= 100) return { maxErrorsPercent: percent }
  throw invalidOption('maxErrors', value, 'a whole number, or a percentage such as "0.5%" up to 100%')
}

function formatOf({ format, recordPath }: ValidateOptions): Pick<StreamOptions, 'format' | 'recordPath'> {
  const given = oneOf('format', format, ['auto', 'csv', 'ndjson', 'json'])
  if (recordPath === undefined) return { format: given }
  if (typeof recordPath !== 'string') throw invalidOption('recordPath', recordPath, 'a string')
  if (given !== 'auto' && given !== 'json')
    throw new SluiceError('option/invalid', `recordPath is for the format json, and the format is ${given}.`)
  checkRecordPath(recordPath)
  return { format: 'json', recordPath }
}

function dialectOf(
  options: ValidateOptions,
): Pick<StreamOptions, 'delimiter' | 'sniffDelimiter' | 'quote' | 'escape' | 'comment' | 'skipInitialSpace' | 'skipBlankLines' | 'header'> {
  const sniffDelimiter = options.delimiter === 'auto'
  const delimiter = byte('delimiter', sniffDelimiter ? ',' : (options.delimiter ?? ',')) as number
  const quote = byte('quote', options.quote ?? '"')
  const escape = byte('escape', options.escape)
  const comment = byte('comment', options.comment)
  const signs = [sniffDelimiter ? undefined : delimiter, quote, escape === quote ? undefined : escape, comment].filter(
    (sign) => sign !== undefined,
  )
  if (new Set(signs).size < signs.length)
    throw new SluiceError('option/invalid', 'delimiter, quote, escape and comment must differ from each other.')
  if (escape !== undefined && quote === undefined)
    throw new SluiceError('option/invalid', "escape needs a quote; with quote: '' there is nothing to escape.")
  const skipInitialSpace = options.skipInitialSpace ?? false
  if (skipInitialSpace && (delimiter === 32 || quote === 32))
    throw new SluiceError('option/invalid', 'skipInitialSpace is true, so neither delimiter nor quote can be a space.')
  const names = options.header === true ? undefined : texts('header', options.header)
  if (names?.length === 0) throw invalidOption('header', names, 'true, or the names of the columns')
  const skipBlankLines = oneOf('blankLines', options.blankLines, ['violation', 'skip']) === 'skip'
  const given = {
    delimiter,
    sniffDelimiter,
    skipInitialSpace,
    skipBlankLines,
    header: names,
    quote,
    escape: escape === quote ? undefined : escape,
    comment,
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as typeof given
}

function outputOf({ to, hashKey }: ValidateOptions): Pick<StreamOptions, 'to' | 'hashKey'> {
  const isKey = hashKey === undefined || typeof hashKey === 'string' || hashKey instanceof Uint8Array
  // Its value is told to nobody.
  if (!isKey || hashKey?.length === 0)
    throw new SluiceError('option/invalid', 'hashKey is no key; it must be a text or bytes, and not empty.')
  return {
    ...(to !== undefined && { to: oneOf('to', to, ['ndjson', 'csv']) }),
    ...(hashKey !== undefined && { hashKey: Buffer.from(hashKey as string) }),
  }
}

/** The options as the addon takes them, all but those that the first chunk decides. Throws `option/invalid`. */
export function streamOptions(options: ValidateOptions): StreamOptions {
  if (typeof options !== 'object' || options === null) throw invalidOption('options', options, 'an object')
  checkNames(options)
  checkTypes(options)
  const { checkpointBytes, uniqueBytesMax, ...limited } = Object.fromEntries(
    Object.keys(limits).map((name) => [name, limitOf(name as LimitName, options)]),
  ) as Record<LimitName, number>
  const encoding = oneOf('encoding', options.encoding, encodings)
  oneOf('emit', options.emit, ['valid', 'all'])
  whole('flushMs', options.flushMs ?? flushMsDefault, 0, 2 ** 31 - 1)
  return {
    ...limited,
    ...(options.checkpoint && { snapshotBytes: checkpointBytes }),
    ...dialectOf(options),
    ...maxErrorsOf(options.maxErrors),
    ...formatOf(options),
    missing: texts('missing', options.missing) ?? [''],
    ...outputOf(options),
    keepLastKey: oneOf('duplicateKeys', options.duplicateKeys, ['violation', 'last']) === 'last',
    onUndecided: oneOf('onUndecided', options.onUndecided, ['invalid', 'valid', 'abort']),
    allowEmpty: options.allowEmpty ?? false,
    threads: whole('threads', options.threads ?? availableParallelism(), 1, threadsMost),
    ...(encoding === 'auto' ? {} : { encoding }),
    ...(options.source === undefined ? {} : { source: options.source }),
  }
}

/** Throws `option/invalid` for what cannot be kept where rules in JavaScript decide, too. */
export function refuseWithChecks(checks: readonly { id: string }[], options: ValidateOptions): void {
  const [first] = checks
  if (options.checkpoint && (first || options.emit === 'all')) {
    const what = first ? `the rule ${JSON.stringify(first.id)} in JavaScript, whose refusals it does not know` : "emit: 'all'"
    throw new SluiceError('option/invalid', `A checkpoint cannot be kept beside ${what}; leave one of the two out.`)
  }
}

/** Throws `option/invalid` for what cannot be where valid records do not go out as they came. */
export function refuseWithTransform(isTransforming: boolean, { emit, to }: ValidateOptions): void {
  if (emit !== 'all' || !(isTransforming || to !== undefined)) return
  const message =
    "emit: 'all' gives every record as it came, so it cannot be beside x-transform, transform or to; leave one of the two out."
  throw new SluiceError('option/invalid', message)
}
