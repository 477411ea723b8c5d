import type { ChecksumAlgorithm } from '../s3/checksum.js'

/** What S3 says of an object. */
export interface S3Object {
  /** As S3 writes it, in quotes. It stays the same as long as the object does. */
  readonly etag: string
  readonly bytes: number
  /** Of a bucket with versions. */
  readonly versionId: string | undefined
  /** The checksum of all bytes, where the object has one of an algorithm that is verified. */
  readonly checksum: { readonly algorithm: ChecksumAlgorithm; readonly value: string } | undefined
}
