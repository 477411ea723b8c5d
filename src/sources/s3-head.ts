import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3'
import { SluiceError } from '../errors.js'
import { type RequestOptions, request } from '../s3/attempt.js'
import { checksumAlgorithms } from '../s3/checksum.js'
import type { S3Connection } from '../s3/client.js'
import { type S3Location, urlOf } from '../s3/location.js'
import { changedError, s3InputError } from './s3-fault.js'
import type { S3Object } from './s3-object.js'

/** What requests for one object have in common. */
export interface S3ObjectReading extends RequestOptions {
  readonly location: S3Location
  readonly connection: S3Connection
}

export const readPermission = 's3:GetObject (and s3:ListBucket to tell a missing object)'

/** Asks what the object is. Rejects with a SluiceError, input/changed when it is not the one of `etag`. */
export async function headObject(reading: S3ObjectReading, etag: string | undefined): Promise<S3Object> {
  const { location, connection } = reading
  const url = urlOf(location)
  const { bucket: Bucket, key: Key, versionId: VersionId } = location
  const command = new connection.sdk.HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED', ...(VersionId && { VersionId }) })
  const head = await request((abortSignal) => connection.client.send(command, { abortSignal }), reading).catch((cause) => {
    throw s3InputError(cause, url, readPermission)
  })
  if (!head.ETag || head.ContentLength === undefined) {
    throw new SluiceError('input/unreadable', `The input ${url} cannot be read: the server does not tell its ETag and length.`)
  }
  if (etag !== undefined && head.ETag !== etag) throw changedError(url)
  return { etag: head.ETag, bytes: head.ContentLength, versionId: head.VersionId, checksum: checksumOf(head) }
}

/** Only what is sure to be of the whole: a checksum of checksums is not, and who does not say may mean that. */
function checksumOf(head: HeadObjectCommandOutput): S3Object['checksum'] {
  const isWhole = head.ChecksumType === undefined ? !head.ETag?.includes('-') : head.ChecksumType === 'FULL_OBJECT'
  const algorithm = checksumAlgorithms.find((name) => head[`Checksum${name}`] !== undefined)
  const value = algorithm && head[`Checksum${algorithm}`]
  return isWhole && algorithm && value ? { algorithm, value } : undefined
}
