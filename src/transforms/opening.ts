import type { Transform } from 'node:stream'
import { SluiceError } from '../errors.js'
import { objectBatchBytes } from '../limits.js'
import type { StreamOptions } from '../native.js'
import type { RecordCheck } from '../schema/checks.js'
import type { ValidateOptions } from './options.js'
import { decideLate, type Stopping } from './stopping.js'
import type { Upstream } from './upstream.js'

/** For tests of what becomes of a panic: the number of the batch that has one. */
export const panicAtBatchKey = Symbol.for('sluice.test.panicAtBatch')
/** For tests that hold the two ways of values against each other: true for values as JSON, even where they could go by columns. */
export const valuesAsJsonKey = Symbol.for('sluice.test.valuesAsJson')

/** What is known of a stream when its first chunk comes. */
export interface Asked {
  /** The options that its caller gave. */
  readonly given: ValidateOptions
  readonly checks: readonly RecordCheck[]
  readonly stopping: Stopping | undefined
  readonly upstream: Upstream
  /** Somebody makes objects of the records that pass. */
  readonly wantsRecords: boolean
}

/** `base`, with all that the first chunk decides. */
export function openingOptions(base: StreamOptions, asked: Asked, isBytes: boolean): StreamOptions {
  const { checks, stopping, upstream, wantsRecords } = asked
  const given = asked.given as ValidateOptions & { [panicAtBatchKey]?: number; [valuesAsJsonKey]?: boolean }
  const options = isBytes ? byteOptions(base, given, upstream) : recordOptions(base, given, upstream)
  if (given[panicAtBatchKey] !== undefined) options.panicAtBatch = given[panicAtBatchKey]
  if (given[valuesAsJsonKey]) options.wantsJson = true
  if (stopping) decideLate(options)
  options.wantsPlaces = isBytes && (checks.length > 0 || given.emit === 'all')
  // Objects are given to rules as they are, but where their strings are cells.
  options.wantsValues = checks.length > 0 && (isBytes || options.format === 'cells')
  options.wantsResults = isBytes && wantsRecords
  const makesObjects = !isBytes || options.wantsValues || options.wantsResults
  if (makesObjects && given.batchBytes === undefined) options.batchBytes = objectBatchBytes
  return options
}

/** The options of a stream of bytes, with what its upstream tells. */
function byteOptions(base: StreamOptions, given: ValidateOptions, { source, format, delimiter }: Upstream): StreamOptions {
  const options = { ...base }
  if (source !== undefined) options.source ??= source
  if (options.format === 'auto' && format) options.format = format
  if (given.delimiter === undefined && delimiter) options.delimiter = delimiter.charCodeAt(0)
  return options
}

/** The options of a stream of objects, with what its upstream tells. */
function recordOptions(base: StreamOptions, given: ValidateOptions, { source, cells }: Upstream): StreamOptions {
  if (base.recordPath !== undefined)
    throw new SluiceError('option/invalid', 'recordPath is for the bytes of a JSON document, and objects came; leave it out.')
  const options = { ...base, allowEmpty: true, encoding: 'utf-8', format: (given.cells ?? cells) ? 'cells' : 'records' }
  if (source !== undefined) options.source ??= source
  return options
}

/** Node has no public way to say, once the first chunk is seen, that chunks are large. */
export function holdBackAt(stream: Transform, chunks: number): void {
  ;(stream as unknown as { _writableState: { highWaterMark: number } })._writableState.highWaterMark = chunks
}
