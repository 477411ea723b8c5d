import type { InputIdentity } from '../checkpoint/contents.js'
import { compressedFront, compressedName, frontBytes } from '../checkpoint/unfit-names.js'
import { SluiceError } from '../errors.js'
import { connect } from '../s3/client.js'
import type { S3ClientOptions } from '../s3/client-options.js'
import { type S3Location, urlOf } from '../s3/location.js'
import { headObject, type S3ObjectReading } from './s3-head.js'
import type { S3Object } from './s3-object.js'
import { S3Range } from './s3-range.js'

export interface S3IdentityOptions {
  location: S3Location
  client: S3ClientOptions
  attemptsMax: number
  stallTimeoutMs: number
  signal: AbortSignal
  /** Look at the first bytes too, and refuse what is compressed. */
  looksInside: boolean
}

export interface S3Identity extends InputIdentity {
  etag: string
  /** What an output may not replace; undefined for a version of its own, which stays. */
  place?: string
}

/** What an object is known by. Its ETag changes with its bytes, so none of them has to be read. */
export async function identifyObject(options: S3IdentityOptions): Promise<S3Identity> {
  const { location, client, attemptsMax, stallTimeoutMs, signal, looksInside } = options
  // Of its own, since that of the reader is closed with it, and at the end the object is looked at once more.
  const connection = await connect(client, stallTimeoutMs)
  try {
    const reading = { location, connection, attemptsMax, stallTimeoutMs, signal }
    const object = await headObject(reading, undefined)
    if (looksInside) await refuseCompressed(reading, object)
    const { etag, bytes, versionId } = object
    const fixed = { etag, size: bytes, ...(versionId !== undefined && { version: versionId }) }
    return { etag, fixed, read: '', ...(location.versionId === undefined && { place: urlOf(location) }) }
  } finally {
    connection.release()
  }
}

/** A place in what is decompressed is none in the object, so it cannot be gone on from there. */
async function refuseCompressed(reading: S3ObjectReading, object: S3Object): Promise<void> {
  const url = urlOf(reading.location)
  if (!compressedName.test(url) && !compressedFront.test((await frontOf(reading, object)).toString('hex'))) return
  throw new SluiceError('option/invalid', `The input ${url} is compressed, and with a checkpoint it cannot be; decompress it first.`)
}

async function frontOf(reading: S3ObjectReading, object: S3Object): Promise<Buffer> {
  const length = Math.min(frontBytes, object.bytes)
  if (length === 0) return Buffer.alloc(0)
  const range = new S3Range({ reading, object, first: 0, last: length - 1, newPiece: () => Buffer.alloc(length), onProgress() {} })
  await range.ended
  if (range.error !== undefined) throw range.error
  return range.take() ?? Buffer.alloc(0)
}
