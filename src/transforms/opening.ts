import type { Transform } from 'node:stream'
import { SluiceError } from '../errors.js'
import type { StreamOptions } from '../native.js'
import type { ValidateOptions } from './options.js'
import type { Upstream } from './upstream.js'

/** The options of a stream of bytes, with what its upstream tells. */
export function byteOptions(base: StreamOptions, given: ValidateOptions, { source, format, delimiter }: Upstream): StreamOptions {
  const options = { ...base }
  if (source !== undefined) options.source ??= source
  if (options.format === 'auto' && format) options.format = format
  if (given.delimiter === undefined && delimiter) options.delimiter = delimiter.charCodeAt(0)
  return options
}

/** The options of a stream of objects, with what its upstream tells. */
export function recordOptions(base: StreamOptions, given: ValidateOptions, { source, cells }: Upstream): StreamOptions {
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
