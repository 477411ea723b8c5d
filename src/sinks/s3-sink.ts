import { addAbortSignal } from 'node:stream'
import { type Compression, checkedCompression, compressionOfName } from '../compression/names.js'
import { SluiceError } from '../errors.js'
import type { S3ClientOptions } from '../s3/client-options.js'
import { limitOf, partBytesLeast } from '../s3/limits.js'
import { locationOf, type S3Location, urlOf } from '../s3/location.js'
import { CompressedOutput } from './compressed-output.js'
import { OutputSink } from './output-sink.js'
import { type S3ObjectOptions, s3SinkChecksums } from './s3-object-options.js'
import { S3Output } from './s3-output.js'

export interface S3SinkOptions extends S3ObjectOptions, S3ClientOptions {
  /** How the object is compressed. Default `auto`: by the ending of its key, `.gz` (`.bgz`), `.zst` or `.br`, as a file by its name. */
  compression?: Compression | undefined
  /** Bytes of one part, at least 5 MiB. 10,000 of them are the largest object. Default 8 MiB. */
  partBytes?: number | undefined
  /** Parts uploaded at once. Default 4. */
  partsInFlight?: number | undefined
  /** Attempts at one request before the stream fails. Default 8. */
  attemptsMax?: number | undefined
  /** How long a connection may be idle before an attempt is over. Default 30,000. */
  stallTimeoutMs?: number | undefined
  /** Destroys the stream when it is aborted. */
  signal?: AbortSignal | undefined
}

/**
 * Writes an object of S3, `s3://bucket/key`, whole or not at all: as a multipart upload, of which nothing is to be seen before all of it is
 * there. When the stream is destroyed or fails, the upload is aborted before it closes. Should that fail too (no network, the process is
 * killed), S3 keeps the parts, and bills them; a rule of the bucket (AbortIncompleteMultipartUpload) removes them. A warning names the upload.
 *
 * What is there already is replaced at the end, unless `ifNoneMatch` is `*`. Memory is `partBytes` × (`partsInFlight` + 1).
 *
 * Throws `option/invalid`. The stream fails with `sink/unwritable`, at its opening for a bucket that is not there or may not be written, with
 * `sink/exists`, and with `package/missing` where `@aws-sdk/client-s3` is not installed; the SDK's error is the `cause`.
 */
export function s3Sink(place: string | S3Location, options: S3SinkOptions = {}): OutputSink {
  const { client, region, endpoint, forcePathStyle, signal } = options
  const { bucket, key } = locationOf(place)
  checkObjectOptions(options)
  const { contentType, storageClass, serverSideEncryption, kmsKeyId, tags, metadata, checksum, ifNoneMatch } = options
  const settings = {
    location: { bucket, key },
    client: { client, region, endpoint, forcePathStyle },
    object: { contentType, storageClass, serverSideEncryption, kmsKeyId, tags, metadata, checksum, ifNoneMatch },
    partBytes: limitOf('partBytes', options.partBytes, partBytesLeast),
    partsInFlight: limitOf('partsInFlight', options.partsInFlight),
    attemptsMax: limitOf('attemptsMax', options.attemptsMax),
    stallTimeoutMs: limitOf('stallTimeoutMs', options.stallTimeoutMs),
  }
  const asked = checkedCompression(options.compression)
  const format = asked === 'auto' ? compressionOfName(key) : asked
  const open = async () => {
    const output = new S3Output(settings)
    return format && format !== 'none' ? new CompressedOutput(output, format) : output
  }
  const sink = new OutputSink(urlOf({ bucket, key }), open)
  return signal ? addAbortSignal(signal, sink) : sink
}

function checkObjectOptions({ checksum, ifNoneMatch }: S3ObjectOptions): void {
  if (checksum !== undefined && !s3SinkChecksums.includes(checksum)) {
    throw new SluiceError('option/invalid', `checksum is ${String(checksum)}; it must be one of ${s3SinkChecksums.join(', ')}.`)
  }
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*') {
    throw new SluiceError('option/invalid', `ifNoneMatch is ${String(ifNoneMatch)}; it can only be '*'.`)
  }
}
