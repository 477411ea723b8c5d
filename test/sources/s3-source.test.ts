import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import fc from 'fast-check'
import { isSluiceError, type S3SourceOptions, s3Sink, s3Source, validate } from 'sluice'
import t from 'tap'
import { environmentOf, skipWithoutServer, startS3Server } from '../s3/s3-server.js'
import { failureOf, patternOf } from '../s3/s3-tools.js'

const mebibyte = 1024 * 1024

t.test('s3Source', { skip: skipWithoutServer }, async (t) => {
  const server = await startS3Server()
  t.teardown(() => server.stop())
  Object.assign(process.env, server.environment)
  const { bucket, client } = server
  const put = (Key: string, Body: Buffer | string, more = {}) => client.send(new PutObjectCommand({ Bucket: bucket, Key, Body, ...more }))
  const read = (key: string, options: S3SourceOptions = {}) => buffer(s3Source(`s3://${bucket}/${key}`, options))

  t.test('joins ranges in order, in pieces of 1 MiB', async (t) => {
    const bytes = patternOf(22 * mebibyte + 12_345)
    await put('big.bin', bytes)
    const source = s3Source(`s3://${bucket}/big.bin`)
    t.equal(source.path, `s3://${bucket}/big.bin`)
    t.equal(source.object, undefined)
    const pieces: Buffer[] = []
    for await (const piece of source) pieces.push(piece)
    t.equal(pieces[0]?.length, mebibyte)
    t.ok(Buffer.concat(pieces).equals(bytes))
    t.match(source.object, { bytes: bytes.length, etag: /^".+"$/, checksum: { algorithm: 'CRC32' } })
  })

  t.test('any range size, number in flight, start and end give the same bytes', async (t) => {
    const bytes = patternOf(10_000)
    await put('law.bin', bytes)
    const cases = fc.record({
      rangeBytes: fc.integer({ min: 500, max: 12_000 }),
      rangesInFlight: fc.integer({ min: 1, max: 6 }),
      readBytes: fc.integer({ min: 100, max: 5000 }),
      start: fc.option(fc.integer({ min: 0, max: 11_000 }), { nil: undefined }),
      length: fc.option(fc.integer({ min: 1, max: 11_000 }), { nil: undefined }),
    })
    await fc.assert(
      fc.asyncProperty(cases, async ({ start, length, ...sizes }) => {
        const end = length === undefined ? undefined : (start ?? 0) + length - 1
        const got = await read('law.bin', { ...sizes, start, end })
        return got.equals(bytes.subarray(start ?? 0, end === undefined ? undefined : end + 1))
      }),
      { numRuns: 40 },
    )
    t.pass('as slices of the whole')
  })

  t.test('an empty object has no bytes, and is never asked for a range', async (t) => {
    await put('empty', '')
    t.equal((await read('empty')).length, 0)
    t.equal((await read('empty', { start: 5 })).length, 0)
  })

  t.test('keys may hold anything', async (t) => {
    for (const key of ['a b.csv', 'a+b', 'ünï/cödé', 'q?x=1#y', '50%41', 'quo"te', "apos'trophe"]) {
      await put(key, key)
      t.equal((await read(key)).toString(), key)
      t.equal((await buffer(s3Source({ bucket, key }))).toString(), key)
    }
  })

  t.test('checksums of every kind are verified over the whole object', async (t) => {
    const bytes = patternOf(3 * mebibyte)
    for (const ChecksumAlgorithm of ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA256', 'SHA1'] as const) {
      await put(ChecksumAlgorithm, bytes, { ChecksumAlgorithm })
      const source = s3Source(`s3://${bucket}/${ChecksumAlgorithm}`, { rangeBytes: mebibyte })
      t.ok((await buffer(source)).equals(bytes))
      t.equal(source.object?.checksum?.algorithm, ChecksumAlgorithm)
    }
  })

  t.test('a composite checksum is not taken for that of the whole', async (t) => {
    const target = { Bucket: bucket, Key: 'composite' }
    const { UploadId } = await client.send(
      new CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: 'SHA256', ChecksumType: 'COMPOSITE' }),
    )
    const part = await client.send(new UploadPartCommand({ ...target, UploadId, PartNumber: 1, Body: 'text', ChecksumAlgorithm: 'SHA256' }))
    const Parts = [{ PartNumber: 1, ETag: part.ETag, ChecksumSHA256: part.ChecksumSHA256 }]
    await client.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } }))
    const source = s3Source(`s3://${bucket}/composite`)
    t.equal((await buffer(source)).toString(), 'text')
    t.equal(source.object?.checksum, undefined)
  })

  t.test('goes on with an object that was read in part, and refuses another one', async (t) => {
    await put('resume', 'first half second half')
    const source = s3Source(`s3://${bucket}/resume`, { end: 10 })
    const begun = await buffer(source)
    const etag = source.object?.etag
    const rest = await read('resume', { start: begun.length, etag })
    t.equal(Buffer.concat([begun, rest]).toString(), 'first half second half')
    await put('resume', 'first half changed half')
    t.match(await failureOf(s3Source(`s3://${bucket}/resume`, { start: 11, etag })), { code: 'input/changed' })
  })

  t.test('what cannot be read is told with a code, a sentence and the cause', async (t) => {
    const missing = await failureOf(s3Source(`s3://${bucket}/nope.csv`))
    t.ok(isSluiceError(missing, 'input/not-found'))
    t.equal(missing.message, `The input s3://${bucket}/nope.csv does not exist: there is no such bucket or key.`)
    t.equal((missing.cause as { name?: string }).name, 'NotFound')
    t.match(await failureOf(s3Source('s3://no-bucket/x')), { code: 'input/not-found' })
    const wrongKey = new S3Client({
      endpoint: server.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'sluice', secretAccessKey: 'wrong' },
      forcePathStyle: true,
    })
    const denied = await failureOf(s3Source(`s3://${bucket}/big.bin`, { client: wrongKey }))
    t.match(denied, { code: 'input/unreadable', message: /access is denied; the credentials need s3:GetObject/ })
    wrongKey.destroy()
    const refused = await failureOf(s3Source('s3://b/k', { endpoint: 'http://127.0.0.1:9', attemptsMax: 2 }))
    t.match(refused, { code: 'input/unreadable', message: /2 attempts failed, the last one because connect ECONNREFUSED/ })
  })

  t.test('without credentials or a region, says so', async (t) => {
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION } = process.env
    t.teardown(() => Object.assign(process.env, environmentOf(server.endpoint), { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION }))
    delete process.env['AWS_REGION']
    t.match(await failureOf(s3Source('s3://b/k')), { code: 'input/unreadable', message: /no region is set; set AWS_REGION/ })
    process.env['AWS_REGION'] = 'us-east-1'
    process.env['AWS_EC2_METADATA_DISABLED'] = 'true'
    delete process.env['AWS_ACCESS_KEY_ID']
    t.match(await failureOf(s3Source('s3://b/k')), { code: 'input/unreadable', message: /no credentials were found/ })
  })

  t.test('a version that is named', async (t) => {
    const Bucket = 'versioned'
    await client.send(new CreateBucketCommand({ Bucket }))
    await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }))
    const { VersionId: versionId } = await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'old' }))
    await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'new' }))
    t.equal((await buffer(s3Source({ bucket: Bucket, key: 'k', versionId }))).toString(), 'old')
    const current = s3Source({ bucket: Bucket, key: 'k' })
    t.equal((await buffer(current)).toString(), 'new')
    t.ok(current.object?.versionId)
    t.not(current.object?.versionId, versionId)
  })

  t.test('a client that is handed in is used, and left open', async (t) => {
    const bytes = patternOf(12 * mebibyte)
    await pipeline(Readable.from([bytes]), s3Sink(`s3://${bucket}/own.bin`, { client }))
    for (const ChecksumAlgorithm of ['CRC32', 'CRC64NVME'] as const) {
      await put(`own-${ChecksumAlgorithm}`, bytes, { ChecksumAlgorithm })
      t.ok((await read(`own-${ChecksumAlgorithm}`, { client, rangeBytes: 3 * mebibyte })).equals(bytes))
    }
    t.ok((await read('own.bin', { client })).equals(bytes))
    t.ok(await client.send(new GetObjectCommand({ Bucket: bucket, Key: 'own.bin', Range: 'bytes=0-0' })))
  })

  t.test('pieces that validate gives back are read into again, and nothing is mixed up', async (t) => {
    const records = Array.from({ length: 200_000 }, (_, n) => `${n},${Math.imul(n, 2654435761) >>> 0}\n`)
    const csv = Buffer.from(`id,hash\n${records.join('')}`)
    await put('records.csv', csv)
    const check = validate({ type: 'object', properties: { id: { type: 'integer' } } })
    const source = s3Source(`s3://${bucket}/records.csv`, { rangeBytes: 300_000, readBytes: 64 * 1024 })
    const chunks: Buffer[] = []
    await pipeline(source, check, async (stream) => {
      for await (const chunk of stream) chunks.push(Buffer.from(chunk as Buffer))
    })
    t.ok(Buffer.concat(chunks).equals(csv))
    t.equal(check.counts.valid, records.length)
  })

  t.test('a presigned URL of what s3Sink wrote gives it to anybody', async (t) => {
    const bytes = patternOf(6 * mebibyte)
    await pipeline(Readable.from([bytes]), s3Sink(`s3://${bucket}/presigned.bin`))
    const url = await getSignedUrl(client, new GetObjectCommand({ Bucket: bucket, Key: 'presigned.bin' }), { expiresIn: 60 })
    const answer = await fetch(url)
    t.equal(answer.status, 200)
    t.ok(Buffer.from(await answer.arrayBuffer()).equals(bytes))
  })

  t.test('is prompt to destroy, and leaves no socket', { skip: process.platform !== 'linux' && 'needs /proc' }, async (t) => {
    const sockets = () => readdirSync('/proc/self/fd').length
    client.destroy()
    await delay(50)
    const before = sockets()
    const never = s3Source(`s3://${bucket}/big.bin`)
    never.destroy()
    await once(never, 'close')
    const opening = s3Source(`s3://${bucket}/big.bin`)
    opening.read()
    opening.destroy()
    await once(opening, 'close')
    const midway = s3Source(`s3://${bucket}/big.bin`, { rangeBytes: 256 * 1024 })
    await once(midway, 'readable')
    midway.destroy()
    await once(midway, 'close')
    for await (const _ of s3Source(`s3://${bucket}/big.bin`)) break
    const controller = new AbortController()
    const aborted = s3Source(`s3://${bucket}/big.bin`, { signal: controller.signal })
    aborted.once('data', () => controller.abort())
    await t.rejects(buffer(aborted), { name: 'AbortError' })
    t.equal((await read('big.bin')).length, 22 * mebibyte + 12_345)
    for (let wait = 0; wait < 500 && sockets() > before; wait += 1) await delay(20)
    t.ok(sockets() <= before)
  })
})

t.test('what cannot be used is refused at once', async (t) => {
  for (const place of ['s3://', 's3://bucket', 's3://bucket/', 'http://bucket/key', 'bucket/key', { bucket: 'b', key: '' }, {} as never]) {
    t.throws(() => s3Source(place), { code: 'option/invalid' }, JSON.stringify(place))
  }
  for (const options of [
    { start: -1 },
    { end: 0.5 },
    { start: 2, end: 1 },
    { rangeBytes: 0 },
    { rangesInFlight: 1000 },
    { attemptsMax: 0 },
    { stallTimeoutMs: -1 },
    { readBytes: 0 },
  ]) {
    t.throws(() => s3Source('s3://b/k', options), { code: 'option/invalid' }, JSON.stringify(options))
  }
})
