import type { Checkpoint } from '../checkpoint/checkpoint.js'
import { SluiceError } from '../errors.js'
import type { S3ClientOptions } from '../s3/client-options.js'
import { limitOf } from '../s3/limits.js'
import { locationOf, type S3Location, urlOf } from '../s3/location.js'
import { checkRange } from './byte-range.js'
import {
  ByteSource,
  type ByteSourceOptions,
  type ByteSourceSettings,
  checkedOptions,
  checkedReadBytes,
  type Reader,
} from './byte-source.js'
import { identifyObject } from './s3-identity.js'
import type { S3Object } from './s3-object.js'
import { S3Reader, type S3ReaderOptions } from './s3-reader.js'

export interface S3SourceOptions extends ByteSourceOptions, S3ClientOptions {
  /** Offset of the first byte to read. Default 0. */
  start?: number | undefined
  /** Offset of the last byte to read, itself included, as with fs.createReadStream. Default: the end of the object. */
  end?: number | undefined
  /** The ETag that the object must have, as S3 writes it, in quotes: for going on with one that was read in part. */
  etag?: string | undefined
  /** Bytes of one ranged request. Default 8 MiB. */
  rangeBytes?: number | undefined
  /** Ranges asked for, or held until the consumer takes them. Default 4. */
  rangesInFlight?: number | undefined
  /** Attempts at one range, or at one request, before the stream fails. Default 8. */
  attemptsMax?: number | undefined
  /** How long nothing may come before an attempt is over, and another is made from the byte that was reached. Default 30,000. */
  stallTimeoutMs?: number | undefined
  /** What says where to go on from after a crash: `checkpoint(path)`. Without `start`, `end` and `etag`, and for what is not compressed. Default: none. */
  checkpoint?: Checkpoint | undefined
}

/** The stream that `s3Source` makes. */
export class S3Source extends ByteSource {
  #object: S3Object | undefined

  constructor(path: string, open: (tell: (object: S3Object) => void) => Reader, options: ByteSourceSettings) {
    super(path, async () => open((object) => this.#take(object)), options)
  }

  /** What S3 said of the object; undefined until the first byte has come. */
  get object(): S3Object | undefined {
    return this.#object
  }

  #take(object: S3Object): void {
    this.#object = object
  }
}

/**
 * The bytes of an object in S3: `s3://bucket/key`, or `{ bucket, key, versionId }`. It is read in ranges of 8 MiB, four at once, and comes out
 * in order, in pieces of 1 MiB. `path` is the URL; `object` has its size and ETag when reading has begun.
 *
 * All bytes are of one object: each request carries its ETag, and when the object is changed or removed meanwhile, the stream fails with
 * `input/changed`. A range that is cut, short or stalls is asked for again from the byte that was reached; a server that is asked too often is
 * given time, as long as its Retry-After says. Where the object has a checksum of all its bytes (CRC32, CRC32C, CRC64NVME, SHA256, SHA1, SHA512
 * or MD5), and all are read, it is verified at the end; one that is composite, of a multipart upload's parts, is not.
 *
 * Memory is bounded by `rangeBytes` × `rangesInFlight` beside what the consumer holds. Destroying it is prompt and closes its sockets.
 *
 * Throws `option/invalid`. The stream fails with `input/not-found`, `input/changed`, `input/checksum`, `input/unreadable`, the SDK's error being
 * its `cause`, and with `package/missing` where `@aws-sdk/client-s3` is not installed.
 */
export function s3Source(place: string | S3Location, options: S3SourceOptions = {}): S3Source {
  const { start, end, etag, signal, client, region, endpoint, forcePathStyle } = options
  const location = locationOf(place)
  checkRange(start, end)
  const checked = checkedOptions(options)
  const isWhole = start === undefined && end === undefined
  if (!isWhole && checked.compression !== 'none' && checked.compression !== 'auto') {
    throw new SluiceError(
      'option/invalid',
      `start and end are offsets in the object as it is; compression ${checked.compression} needs all of it.`,
    )
  }
  const rangeBytes = limitOf('rangeBytes', options.rangeBytes)
  const settings = {
    client: { client, region, endpoint, forcePathStyle },
    ...{ etag, start, end, rangeBytes },
    pieceBytes: Math.min(checkedReadBytes(options.readBytes), rangeBytes),
    rangesInFlight: limitOf('rangesInFlight', options.rangesInFlight),
    attemptsMax: limitOf('attemptsMax', options.attemptsMax),
    stallTimeoutMs: limitOf('stallTimeoutMs', options.stallTimeoutMs),
  }
  if (options.checkpoint) return resumableSource(options.checkpoint, { ...settings, location }, { ...checked, signal })
  const open = (onObject: (object: S3Object) => void) => new S3Reader({ ...settings, location, onObject })
  const compression = isWhole ? checked.compression : 'none'
  return new S3Source(urlOf(location), open, { ...checked, compression, readBytes: settings.pieceBytes, signal })
}

/** Begins where the checkpoint says, and reads nothing but the object that the checkpoint is of. */
function resumableSource(checkpoint: Checkpoint, reading: Omit<S3ReaderOptions, 'onObject'>, options: ByteSourceSettings): S3Source {
  const { start, end, etag, location } = reading
  if (start !== undefined || end !== undefined || etag !== undefined) {
    throw new SluiceError(
      'option/invalid',
      'start, end and etag cannot be given with a checkpoint, which says itself what to read and where to begin.',
    )
  }
  if (options.compression !== 'auto' && options.compression !== 'none') {
    throw new SluiceError(
      'option/invalid',
      `A checkpoint needs an input that is not compressed, and compression is ${options.compression}.`,
    )
  }
  checkpoint.join('source')
  const name = location.versionId === undefined ? urlOf(location) : `${urlOf(location)} (version ${location.versionId})`
  let found: string | undefined
  const identify = async (_position: number, signal: AbortSignal) => {
    const identity = await identifyObject({ ...reading, signal, looksInside: found === undefined })
    found ??= identity.etag
    return identity
  }
  const locate = async (signal: AbortSignal) => {
    const first = await checkpoint.openInput({ name, identify }, signal)
    return { start: first, etag: found as string }
  }
  const open = (onObject: (object: S3Object) => void) => new S3Reader({ ...reading, locate, onObject })
  return new S3Source(urlOf(location), open, { ...options, compression: 'none', readBytes: reading.pieceBytes, checkpoint })
}
