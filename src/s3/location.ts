import { SluiceError } from '../errors.js'

/** An object in S3, or a place for one. */
export interface S3Location {
  bucket: string
  key: string
  /** A version of the object, for reading. Default: the current one. */
  versionId?: string | undefined
}

const scheme = 's3://'

/** True for a text that names an object in S3. */
export function isS3Url(path: string): boolean {
  return path.startsWith(scheme)
}

/**
 * The bucket and key of `s3://bucket/key`. What comes after the bucket is the key as it is, nothing in it is decoded: a key may hold `%`, `?`
 * and `#`. Throws option/invalid.
 */
export function locationOf(place: string | S3Location): S3Location {
  if (typeof place === 'string') {
    const [bucket, key] = partsOf(place)
    if (bucket && key) return { bucket, key }
    throw new SluiceError('option/invalid', `${place} is no URL of an object in S3; it has the form s3://bucket/key.`)
  }
  if (typeof place?.bucket === 'string' && place.bucket && typeof place.key === 'string' && place.key) return place
  throw new SluiceError('option/invalid', 'An object in S3 is a URL (s3://bucket/key) or { bucket, key }, both of which are texts.')
}

/** The bucket and prefix of `s3://bucket/prefix`, `s3://bucket/` and `s3://bucket`. Throws option/invalid. */
export function prefixOf(url: string): { bucket: string; prefix: string } {
  const [bucket, prefix = ''] = partsOf(url)
  if (bucket) return { bucket, prefix }
  throw new SluiceError('option/invalid', `${url} is no URL of a place in S3; it has the form s3://bucket/prefix.`)
}

/** The location as a URL, for messages and positions. */
export function urlOf({ bucket, key }: S3Location): string {
  return `${scheme}${bucket}/${key}`
}

function partsOf(url: string): [bucket?: string, key?: string] {
  if (!isS3Url(url)) return []
  const rest = url.slice(scheme.length)
  const slash = rest.indexOf('/')
  return slash === -1 ? [rest] : [rest.slice(0, slash), rest.slice(slash + 1)]
}
