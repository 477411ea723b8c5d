import { createHash } from 'node:crypto'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { loadSluice } from '../subject.mjs'

const { s3Source, s3Sink } = await loadSluice()

/** @typedef {import('../child.mjs').Job} Job */

/**
 * An object out of S3: by ranges, or by one GetObject; or from one object to another. What came is told by its hash, for both to agree.
 * @param {Job} job `input` is the URL
 */
export async function run({ input, variant, options }) {
  const hash = createHash('sha1')
  let bytes = 0
  const nowhere = new Writable({
    write(chunk, _encoding, callback) {
      bytes += chunk.length
      hash.update(chunk)
      callback()
    },
  })
  if (variant === 'plain') await pipeline(await plain(input), nowhere)
  else if (variant === 'copy') await pipeline(s3Source(input, options), s3Sink(`${input}.copy`))
  else await pipeline(s3Source(input, options), nowhere)
  const one = { read: bytes, valid: Number.parseInt(hash.digest('hex').slice(0, 12), 16), invalid: 0, violations: 0 }
  return variant === 'copy' ? { read: 0, valid: 0, invalid: 0, violations: 0 } : one
}

/** @param {string} url */
async function plain(url) {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(url) ?? []
  const client = new S3Client({ forcePathStyle: true, responseChecksumValidation: 'WHEN_REQUIRED' })
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
  return /** @type {import('node:stream').Readable} */ (Body)
}
