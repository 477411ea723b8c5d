import { request } from '../s3/attempt.js'
import { connect } from '../s3/client.js'
import type { S3ClientOptions } from '../s3/client-options.js'
import { limitOf } from '../s3/limits.js'
import { prefixOf, urlOf } from '../s3/location.js'
import { s3InputError } from './s3-fault.js'

/** An object as a listing has it. */
export interface S3Entry {
  /** For `s3Source`. */
  url: string
  bucket: string
  key: string
  bytes: number
  /** As S3 writes it, in quotes; `s3Source` takes it, and refuses the object when it was changed since. */
  etag: string
  lastModified: Date | undefined
  storageClass: string | undefined
}

export interface S3ListOptions extends S3ClientOptions {
  attemptsMax?: number | undefined
  stallTimeoutMs?: number | undefined
  /** Ends the listing when it is aborted. */
  signal?: AbortSignal | undefined
}

const listPermission = 's3:ListBucket'

/**
 * The objects under `s3://bucket/prefix`, in the order of their keys' bytes, asked for a thousand at a time: what is held does not depend on how
 * many there are. A prefix is not a folder: `in` is one of `input.csv` too, `in/` is not.
 *
 * Rejects with `option/invalid`, `input/not-found` for a bucket that is not there, `input/unreadable`, `package/missing`.
 */
export async function* listS3(url: string, options: S3ListOptions = {}): AsyncGenerator<S3Entry, void, void> {
  const { bucket, prefix } = prefixOf(url)
  const { signal = new AbortController().signal, client: own, region, endpoint, forcePathStyle } = options
  const requests = {
    attemptsMax: limitOf('attemptsMax', options.attemptsMax),
    stallTimeoutMs: limitOf('stallTimeoutMs', options.stallTimeoutMs),
    signal,
  }
  const { sdk, client, release } = await connect({ client: own, region, endpoint, forcePathStyle }, requests.stallTimeoutMs)
  try {
    let token: string | undefined
    do {
      const command = new sdk.ListObjectsV2Command({
        Bucket: bucket,
        Prefix: prefix,
        // A key may hold characters that XML has no word for.
        EncodingType: 'url',
        ...(token !== undefined && { ContinuationToken: token }),
      })
      const page = await request((abortSignal) => client.send(command, { abortSignal }), requests).catch((cause) => {
        throw s3InputError(cause, url, listPermission)
      })
      for (const { Key, Size, ETag, LastModified, StorageClass } of page.Contents ?? []) {
        const key = page.EncodingType === 'url' ? decoded(Key ?? '') : (Key ?? '')
        const place = { bucket, key }
        yield { url: urlOf(place), ...place, bytes: Size ?? 0, etag: ETag ?? '', lastModified: LastModified, storageClass: StorageClass }
      }
      token = page.IsTruncated ? page.NextContinuationToken : undefined
    } while (token !== undefined)
  } finally {
    release()
  }
}

// As in forms: a space is a plus.
function decoded(key: string): string {
  return decodeURIComponent(key.replaceAll('+', '%20'))
}
