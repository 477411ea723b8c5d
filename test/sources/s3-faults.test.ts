import { once } from 'node:events'
import { buffer } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { type S3SourceOptions, s3Source } from 'sluice'
import t from 'tap'
import { type Fault, startFaultProxy } from '../s3/fault-proxy.js'
import { environmentOf, skipWithoutServer, startS3Server } from '../s3/s3-server.js'
import { failureOf, patternOf, promptMs } from '../s3/s3-tools.js'

const mebibyte = 1024 * 1024

t.test('what goes wrong on the way to S3', { skip: skipWithoutServer }, async (t) => {
  const server = await startS3Server()
  const proxy = await startFaultProxy(server.port)
  t.teardown(async () => {
    await proxy.stop()
    await server.stop()
  })
  Object.assign(process.env, environmentOf(proxy.endpoint))
  const { bucket, client } = server
  const bytes = patternOf(4 * mebibyte + 777)
  const url = `s3://${bucket}/data.bin`
  const put = (Body: Buffer) => client.send(new PutObjectCommand({ Bucket: bucket, Key: 'data.bin', Body }))
  await put(bytes)
  const open = (options: S3SourceOptions = {}) => s3Source(url, { rangeBytes: mebibyte, ...options })

  /** Has the first so many ranged requests that match go wrong. */
  const harm = (fault: Fault, times = 1, matches = (range: string) => range.startsWith('bytes=1048576-')) => {
    proxy.seen.length = 0
    let left = times
    proxy.fault = ({ headers }) => {
      if (headers.range === undefined || !matches(headers.range) || left === 0) return undefined
      left -= 1
      return fault
    }
  }
  const ranges = () => proxy.seen.flatMap(({ range }) => range ?? [])
  const readsAsClean = async (options: S3SourceOptions = {}) => (await buffer(open(options))).equals(bytes)

  t.test('503 SlowDown three times, with a Retry-After, which is waited for', async (t) => {
    harm({ kind: 'status', status: 503, code: 'SlowDown', retryAfter: '1' }, 3)
    const begun = performance.now()
    t.ok(await readsAsClean())
    t.ok(performance.now() - begun >= 3000, 'three seconds at least')
    t.equal(ranges().filter((range) => range.startsWith('bytes=1048576-')).length, 4)
  })

  t.test('a Retry-After may be a date; one that is too far off is an error at once', async (t) => {
    harm({ kind: 'status', status: 503, code: 'SlowDown', retryAfter: new Date(Date.now() + 2000).toUTCString() })
    const begun = performance.now()
    t.ok(await readsAsClean())
    t.ok(performance.now() - begun >= 900)
    harm({ kind: 'status', status: 503, code: 'SlowDown', retryAfter: '3600' })
    t.match(await failureOf(open()), {
      code: 'input/unreadable',
      message: /1 attempt failed, the last one because the server answered 503 SlowDown/,
    })
  })

  t.test('503 on and on, and on the first request', async (t) => {
    harm({ kind: 'status', status: 503, code: 'SlowDown' }, Number.POSITIVE_INFINITY)
    t.match(await failureOf(open({ attemptsMax: 3 })), { code: 'input/unreadable', message: /3 attempts failed/ })
    t.equal(ranges().filter((range) => range.startsWith('bytes=1048576-')).length, 3)
    let left = 2
    proxy.fault = ({ method }) => (method === 'HEAD' && left-- > 0 ? { kind: 'status', status: 500, code: 'InternalError' } : undefined)
    t.ok(await readsAsClean())
  })

  for (const kind of ['cut', 'short'] as const) {
    t.test(`a body that is ${kind} goes on from the byte that was reached`, async (t) => {
      harm({ kind, bytes: 300_000 })
      t.ok(await readsAsClean())
      const again = proxy.seen.filter(({ range }) => /^bytes=(?!0-|1048576-|2097152-|3145728-|4194304-)/.test(range ?? ''))
      t.equal(again.length, 1)
      // What was cut off on the way may be lost, but not asked for from the beginning.
      t.match(again[0]?.range, /^bytes=1[1-3]\d{5}-2097151$/)
      t.ok(again[0]?.ifMatch, 'with If-Match')
      harm({ kind, bytes: 100_000 }, Number.POSITIVE_INFINITY, (range) => range.endsWith('-2097151'))
      t.match(await failureOf(open({ attemptsMax: 3 })), { code: 'input/unreadable', message: /3 attempts failed/ })
    })
  }

  t.test('a connection that is torn before an answer', async (t) => {
    harm({ kind: 'reset' }, 2)
    t.ok(await readsAsClean())
  })

  t.test('a body that stalls, and a request that is not answered', async (t) => {
    harm({ kind: 'stall', bytes: 200_000 })
    const begun = performance.now()
    t.ok(await readsAsClean({ stallTimeoutMs: 1000 }))
    t.ok(performance.now() - begun < 25_000, 'long before the default of 30 seconds')
    harm({ kind: 'hang' })
    t.ok(await readsAsClean({ stallTimeoutMs: 1000 }))
    harm({ kind: 'hang' }, Number.POSITIVE_INFINITY)
    t.match(await failureOf(open({ stallTimeoutMs: 200, attemptsMax: 2 })), {
      code: 'input/unreadable',
      message: /2 attempts failed, the last one because nothing came for 200 ms/,
    })
  })

  t.test('one that is only slow is none that stalls', async (t) => {
    harm({ kind: 'slow', bytesPerMs: 350 })
    t.ok(await readsAsClean({ stallTimeoutMs: 1500 }))
    t.equal(ranges().length, 5)
  })

  t.test('an object that is changed while it is read is an error, and never a splice', async (t) => {
    const other = patternOf(bytes.length, 1)
    harm({ kind: 'change', bytes: 100_000, change: async () => void (await put(other)) })
    const pieces: Buffer[] = []
    const source = open({ rangesInFlight: 1 }).on('data', (piece) => pieces.push(piece))
    const [error] = await once(source, 'error')
    t.match(error, {
      code: 'input/changed',
      message: `The input ${url} was changed or removed while it was read; run again to read what is there now.`,
    })
    const got = Buffer.concat(pieces)
    t.ok(got.equals(bytes.subarray(0, got.length)), 'what came is of the old one')
    t.ok((await buffer(open())).equals(other))
    await put(bytes)
    harm({
      kind: 'change',
      bytes: 100_000,
      change: async () => void (await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'data.bin' }))),
    })
    t.match(await failureOf(open({ rangesInFlight: 1 })), { code: 'input/changed' })
    harm({ kind: 'status', status: 416, code: 'InvalidRange' })
    await put(bytes)
    t.match(await failureOf(open()), { code: 'input/changed' })
    await put(patternOf(1000))
    t.match(await failureOf(s3Source(url, { etag: '"no-such"' })), { code: 'input/changed' })
    await put(bytes)
  })

  t.test('a server that knows no If-Match is found out, and one that knows no ranges', async (t) => {
    const other = patternOf(bytes.length, 2)
    const presigned = await getSignedUrl(client, new GetObjectCommand({ Bucket: bucket, Key: 'data.bin' }))
    let changed: Promise<unknown> | undefined
    const blind = (headers: string[]): Fault => ({ kind: 'blind', url: presigned, headers })
    proxy.fault = ({ method }, number) => {
      if (number === 3) changed = put(other)
      return method === 'GET' ? blind(['range']) : undefined
    }
    proxy.seen.length = 0
    const error = await failureOf(open({ rangesInFlight: 1, rangeBytes: 64 * 1024 }))
    t.match(error, { code: 'input/changed' })
    t.equal(error.cause, undefined, 'by the ETag of the answer')
    await changed
    await put(bytes)
    proxy.fault = ({ method }) => (method === 'GET' ? blind([]) : undefined)
    t.match(await failureOf(open()), { code: 'input/unreadable', message: /was asked for the bytes .* and sent/ })
    t.ok(await readsAsClean({ rangeBytes: 8 * mebibyte }), 'where one range is all of it, no harm is done')
  })

  t.test('bytes that are not those that were stored', async (t) => {
    harm({ kind: 'corrupt' })
    t.match(await failureOf(open()), { code: 'input/checksum', message: /its CRC32 is .*, and should be / })
  })

  t.test('one fault after another gives what a clean run gives', async (t) => {
    const faults: Fault[] = [
      { kind: 'cut', bytes: 50_000 },
      { kind: 'short', bytes: 33_333 },
      { kind: 'stall', bytes: 70_001 },
      { kind: 'reset' },
      { kind: 'status', status: 500, code: 'InternalError' },
    ]
    proxy.fault = ({ method }, number) => (method === 'GET' && number % 3 === 0 ? faults[(number / 3) % faults.length] : undefined)
    for (const rangesInFlight of [1, 3, 8]) {
      t.ok(
        await readsAsClean({ rangeBytes: 256 * 1024, rangesInFlight, stallTimeoutMs: 1000, attemptsMax: 20 }),
        `${rangesInFlight} in flight`,
      )
    }
  })

  t.test('a bucket of another region, and one that may not be read, are told at once', async (t) => {
    const answer = async (fault: Fault) => {
      proxy.seen.length = 0
      proxy.fault = () => fault
      const { message, code } = await failureOf(open())
      t.equal(proxy.seen.length, 1)
      t.equal(code, 'input/unreadable')
      return message
    }
    const region = { kind: 'status', status: 301, code: 'PermanentRedirect', region: 'eu-west-1' } as const
    t.match(await answer(region), /its bucket is in the region eu-west-1; set AWS_REGION to that/)
    t.match(await answer({ kind: 'status', status: 403, code: 'AccessDenied' }), /access is denied; the credentials need s3:GetObject/)
    t.match(await answer({ kind: 'status', status: 501, code: 'NotImplemented' }), /the server answered 501/)
    proxy.fault = ({ method }) => (method === 'GET' ? { kind: 'status', status: 403, code: 'InvalidObjectState' } : undefined)
    t.match((await failureOf(open())).message, /it is archived; restore it first/)
    t.match(await failureOf(open({ endpoint: 'http://localhost:9', attemptsMax: 1 })), {
      message: /1 attempt failed, the last one because .*ECONNREFUSED/,
    })
  })

  t.test('a slow consumer has no more ranges asked for than it may hold', async (t) => {
    harm({ kind: 'hang' }, 0)
    const source = open({ rangesInFlight: 2, readBytes: 256 * 1024 })
    await once(source, 'readable')
    await delay(300)
    t.equal(ranges().length, 2)
    t.ok((await buffer(source)).equals(bytes), 'and all comes in the end')
    t.equal(ranges().length, 5)
  })

  t.test('it is prompt to destroy while it waits, and leaves no connection', async (t) => {
    await delay(100)
    const waits: Fault[] = [
      { kind: 'hang' },
      { kind: 'stall', bytes: 1000 },
      { kind: 'status', status: 503, code: 'SlowDown', retryAfter: '60' },
    ]
    for (const fault of waits) {
      harm(fault, Number.POSITIVE_INFINITY)
      const source = open().resume()
      await delay(200)
      const begun = performance.now()
      source.destroy()
      await once(source, 'close')
      t.ok(performance.now() - begun < promptMs, fault.kind)
    }
    proxy.fault = ({ method }) => (method === 'HEAD' ? { kind: 'hang' } : undefined)
    const opening = open().resume()
    await delay(100)
    const begun = performance.now()
    opening.destroy()
    await once(opening, 'close')
    t.ok(performance.now() - begun < promptMs, 'while it opens')
    t.ok(await proxy.isLeftAlone())
  })
})
