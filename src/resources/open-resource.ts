import { Readable } from 'node:stream'
import { isS3Url } from '../s3/location.js'
import { fileSource } from '../sources/file-source.js'
import { s3Source } from '../sources/s3-source.js'
import type { ResourceSource } from './resource.js'

/** Begins to read a reference. */
export function openResource(source: ResourceSource): Readable {
  if (source instanceof Readable) return source
  return isS3Url(String(source)) ? s3Source(String(source)) : fileSource(source as string | URL)
}
