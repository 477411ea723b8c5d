import { deepEqual } from 'node:assert/strict'
import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { GetObjectCommand, GetObjectTaggingCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { fileSource, isSluiceError, reportSink, type S3SinkOptions, s3Sink, s3Source, split, validate } from 'sluice'
import t from 'tap'
import { type Fault, startFaultProxy } from '../s3/fault-proxy.js'
import { environmentOf, skipWithoutServer, startS3Server } from '../s3/s3-server.js'
import { failureOf, patternOf, promptMs } from '../s3/s3-tools.js'

const mebibyte = 1024 * 1024
const partBytes = 5 * mebibyte
// With stalls and retries it takes long where the machine has more to do.
t.setTimeout(120_000)

t.test('s3Sink', { skip: skipWithoutServer }, async (t) => {
  const server = await startS3Server()
  const proxy = await startFaultProxy(server.port)
  t.teardown(async () => {
    await proxy.stop()
    await server.stop()
  })
  Object.assign(process.env, environmentOf(proxy.endpoint))
  const { bucket, client } = server
  const urlOf = (key: string) => `s3://${bucket}/${key}`
  const write = (key: string, bytes: Buffer | string, options: S3SinkOptions = {}) =>
    pipeline(Readable.from(chunksOf(Buffer.from(bytes))), s3Sink(urlOf(key), options))
  const stored = async (key: string) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
    return buffer(Body as Readable)
  }
  const head = (Key: string) => client.send(new HeadObjectCommand({ Bucket: bucket, Key, ChecksumMode: 'ENABLED' }))
  const keys = async () => (await server.objects()).map(({ Key = '' }) => Key)
  t.beforeEach(() => {
    proxy.fault = () => undefined
    proxy.seen.length = 0
  })
  t.afterEach(async () => deepEqual(await server.uploads(), [], 'an upload is left'))

  t.test('22 MiB in parts, a few bytes, and none at all', async (t) => {
    for (const length of [22 * mebibyte + 7, partBytes, 2 * partBytes, 10, 0]) {
      const bytes = patternOf(length)
      await write('sizes', bytes, { partBytes })
      t.ok((await stored('sizes')).equals(bytes), `${length} bytes`)
    }
    const sink = s3Sink(urlOf('empty'))
    t.equal(sink.path, urlOf('empty'))
    sink.end()
    await once(sink, 'close')
    t.equal((await stored('empty')).length, 0)
    t.ok((await buffer(s3Source(urlOf('sizes')))).equals(Buffer.alloc(0)))
  })

  t.test('nothing is at the key before all is written, and never more parts in flight than may be', async (t) => {
    const from = new PassThrough()
    const done = pipeline(from, s3Sink(urlOf('late'), { partBytes, partsInFlight: 2 }))
    let most = 0
    proxy.fault = () => {
      void proxy.connections().then((count) => (most = Math.max(most, count)))
      return { kind: 'slow', bytesPerMs: 1 }
    }
    for (let part = 0; part < 6; part += 1) if (!from.write(patternOf(partBytes))) await once(from, 'drain')
    t.notOk((await keys()).includes('late'))
    t.strictSame(await server.uploads(), ['late'])
    from.end()
    await done
    t.ok((await keys()).includes('late'))
    t.ok(most <= 2, `${most} at once`)
  })

  t.test('each checksum is kept with the object, and s3Source verifies what is of the whole', async (t) => {
    const bytes = patternOf(12 * mebibyte)
    for (const checksum of ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA256'] as const) {
      await write(checksum, bytes, { checksum, partBytes })
      t.ok((await head(checksum))[`Checksum${checksum}`], checksum)
      const source = s3Source(urlOf(checksum))
      t.ok((await buffer(source)).equals(bytes))
      t.equal(source.object?.checksum?.algorithm, checksum === 'SHA256' ? undefined : checksum)
    }
    await write('unchecked', bytes, { checksum: 'none', partBytes })
    t.notOk(proxy.seen.some(({ path }) => /checksum/i.test(path)))
    t.ok((await stored('unchecked')).equals(bytes))
  })

  t.test('content type, metadata, tags and storage class', async (t) => {
    await write('dressed', 'x', {
      contentType: 'text/csv; charset=utf-8',
      metadata: { origin: 'a test', other: '1' },
      tags: { team: 'a b/c+d@e:f', kind: 'ok=1' },
      storageClass: 'STANDARD',
    })
    t.match(await head('dressed'), { ContentType: 'text/csv; charset=utf-8', Metadata: { origin: 'a test', other: '1' } })
    const { TagSet = [] } = await client.send(new GetObjectTaggingCommand({ Bucket: bucket, Key: 'dressed' }))
    t.same(Object.fromEntries(TagSet.map(({ Key, Value }) => [Key, Value])), { team: 'a b/c+d@e:f', kind: 'ok=1' })
  })

  t.test('what this server does not keep is still asked for: encryption, storage class', async (t) => {
    const asked: NodeJS.Dict<string | string[]>[] = []
    proxy.fault = ({ headers, method }) => {
      if (method === 'POST') asked.push(headers)
      return { kind: 'status', status: 400, code: 'InvalidRequest' }
    }
    t.match(await failureOf(write('x', 'x', { serverSideEncryption: 'aws:kms', kmsKeyId: 'key-1', storageClass: 'STANDARD_IA' })), {
      code: 'sink/unwritable',
      message: /the server answered 400 InvalidRequest: as the test has it/,
    })
    t.match(asked[0], {
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'key-1',
      'x-amz-storage-class': 'STANDARD_IA',
    })
  })

  t.test('ifNoneMatch leaves what is there', async (t) => {
    await write('once', 'first', { ifNoneMatch: '*' })
    const error = await failureOf(write('once', 'second', { ifNoneMatch: '*' }))
    t.ok(isSluiceError(error, 'sink/exists'))
    t.equal(error.message, `The output ${urlOf('once')} exists already, and is left as it is.`)
    t.equal((await stored('once')).toString(), 'first')
    await write('once', 'third')
    t.equal((await stored('once')).toString(), 'third')
  })

  t.test('a stream that fails, is destroyed or is aborted leaves nothing', async (t) => {
    const unsound = async function* () {
      yield* chunksOf(patternOf(2 * partBytes + 1))
      throw new Error('upstream')
    }
    t.match(await failureOf(pipeline(unsound, s3Sink(urlOf('gone'), { partBytes }))), { message: 'upstream' })
    const never = s3Sink(urlOf('gone'))
    never.destroy()
    await once(never, 'close')
    const opening = s3Sink(urlOf('gone'))
    opening.write('x')
    opening.destroy()
    await once(opening, 'close')
    const writing = s3Sink(urlOf('gone'), { partBytes })
    writing.write(patternOf(4 * partBytes))
    await delay(60)
    writing.destroy()
    await once(writing, 'close')
    const controller = new AbortController()
    const aborted = s3Sink(urlOf('gone'), { partBytes, signal: controller.signal })
    setTimeout(() => controller.abort(), 60)
    await failureOf(pipeline(Readable.from(endless()), aborted))
    t.notOk((await keys()).includes('gone'))
  })

  t.test('it is prompt to destroy while parts are not answered, and leaves no connection', async (t) => {
    proxy.fault = ({ url = '' }) => (url.includes('partNumber') ? { kind: 'hang' } : undefined)
    const hung = s3Sink(urlOf('gone'), { partBytes })
    hung.write(patternOf(3 * partBytes))
    while (!proxy.seen.some(({ path }) => path.includes('partNumber'))) await delay(10)
    const begun = performance.now()
    hung.destroy()
    await once(hung, 'close')
    t.ok(performance.now() - begun < promptMs)
    // S3 may finish a part after the upload was aborted, so that is done twice.
    t.equal(proxy.seen.filter(({ method }) => method === 'DELETE').length, 2)
    t.ok(await proxy.isLeftAlone())
  })

  t.test('parts that are cut off as another one fails are reckoned with', async (t) => {
    proxy.fault = ({ url = '' }) => {
      if (url.includes('partNumber=2')) return { kind: 'status', status: 403, code: 'AccessDenied' }
      return url.includes('partNumber=') ? { kind: 'hang' } : undefined
    }
    const error = await failureOf(pipeline(Readable.from([patternOf(3 * partBytes)]), s3Sink(urlOf('gone'), { partBytes })))
    t.ok(isSluiceError(error, 'sink/unwritable'))
    t.equal(proxy.seen.filter(({ method }) => method === 'DELETE').length, 2)
  })

  t.test('what cannot be written fails at the opening', async (t) => {
    const sink = s3Sink('s3://no-bucket/x')
    sink.write('')
    const [error] = await once(sink, 'error')
    t.match(error, { code: 'sink/unwritable', message: 'The output s3://no-bucket/x cannot be written: its bucket does not exist.' })
  })

  t.test('parts that go wrong are sent again', async (t) => {
    const bytes = patternOf(22 * mebibyte)
    const faults: [string, Fault][] = [
      ['503 three times', { kind: 'status', status: 503, code: 'SlowDown', retryAfter: '0' }],
      ['torn before an answer', { kind: 'reset' }],
      ['torn after it was done', { kind: 'reset', after: true }],
      ['not answered', { kind: 'hang' }],
    ]
    for (const [name, fault] of faults) {
      let left = fault.kind === 'status' ? 3 : 1
      proxy.fault = ({ url = '' }) => (url.includes('partNumber=2') && left-- > 0 ? fault : undefined)
      await write('harmed', bytes, { partBytes, stallTimeoutMs: 3000 })
      t.ok((await stored('harmed')).equals(bytes), name)
    }
    proxy.fault = ({ url = '' }) => (url.includes('partNumber=2') ? { kind: 'status', status: 503, code: 'SlowDown' } : undefined)
    t.match(await failureOf(write('never', bytes, { partBytes, attemptsMax: 3 })), {
      code: 'sink/unwritable',
      message: /3 attempts failed/,
    })
    t.notOk((await keys()).includes('never'))
  })

  t.test('a completion whose answer is lost is found to be done, or said not to be', async (t) => {
    const completes = ({ method = '', url = '' }) => method === 'POST' && url.includes('uploadId')
    const loseFirst = (then?: Fault) => {
      let number = 0
      proxy.fault = (request) => {
        if (!completes(request)) return undefined
        number += 1
        return number === 1 ? { kind: 'reset', after: true } : then
      }
    }
    loseFirst()
    await write('completed', 'all of it')
    t.equal((await stored('completed')).toString(), 'all of it', 'this server, as S3, answers again')
    // Others say that there is no such upload any more.
    const forgotten: Fault = { kind: 'status', status: 404, code: 'NoSuchUpload' }
    loseFirst(forgotten)
    await write('forgotten', 'all of it')
    t.equal((await stored('forgotten')).toString(), 'all of it')
    loseFirst({ kind: 'status', status: 412, code: 'PreconditionFailed' })
    await write('once more', 'all of it', { ifNoneMatch: '*' })
    t.equal((await stored('once more')).toString(), 'all of it')
    loseFirst(forgotten)
    t.match(await failureOf(write('unsure', 'all of it', { checksum: 'none' })), { code: 'sink/unwritable', message: /NoSuchUpload/ })
    // An upload that is gone without having been completed is never taken for one that was.
    proxy.fault = () => undefined
    await write('other', 'what was there')
    let number = 0
    proxy.fault = (request) => {
      if (!completes(request)) return undefined
      number += 1
      return number === 1 ? { kind: 'reset' } : forgotten
    }
    t.match(await failureOf(write('other', 'all of it')), { code: 'sink/unwritable', message: /NoSuchUpload/ })
  })

  t.test('an upload that cannot be aborted is told of', async (t) => {
    proxy.fault = ({ method }) => (method === 'DELETE' ? { kind: 'status', status: 403, code: 'AccessDenied' } : undefined)
    const warned = once(process, 'warning')
    const sink = s3Sink(urlOf('left'))
    await new Promise((written) => sink.write('x', written))
    sink.destroy()
    const [warning] = await warned
    t.match(warning, {
      code: 'sink/unwritable',
      message: /^The upload .+ to s3:\/\/bucket\/left is left unfinished, .* s3:AbortMultipartUpload/,
    })
    t.strictSame(await server.uploads(), ['left'])
    await abortAll()
  })

  async function abortAll() {
    const { AbortMultipartUploadCommand, ListMultipartUploadsCommand } = await import('@aws-sdk/client-s3')
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))
    for (const { Key, UploadId } of Uploads) await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }))
  }

  t.test('split and reportSink take URLs', async (t) => {
    const schema = { type: 'object', properties: { id: { type: 'integer' } } } as const
    const folder = t.testdir({ 'in.csv': 'id\n1\nx\n3\n' })
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: 'in.csv', Body: 'id\n1\nx\n3\n' }))
    await pipeline(
      s3Source(urlOf('in.csv')),
      validate(schema),
      split({ valid: s3Sink(urlOf('ok.csv')), invalid: urlOf('bad.csv'), violations: urlOf('why.ndjson'), report: urlOf('r.json') }),
    )
    t.equal((await stored('ok.csv')).toString(), 'id\n1\n3\n')
    t.equal((await stored('bad.csv')).toString(), 'id\nx\n')
    t.match(JSON.parse((await stored('why.ndjson')).toString()), { code: 'type', line: 3 })
    t.match(JSON.parse((await stored('r.json')).toString()), { counts: { read: 3, valid: 2 }, source: urlOf('in.csv') })
    await pipeline(fileSource(`${folder}/in.csv`), validate(schema), reportSink(urlOf('report-alone.json')))
    t.match(JSON.parse((await stored('report-alone.json')).toString()), { counts: { read: 3 } })
    t.throws(() => split({ valid: urlOf('a'), invalid: urlOf('a') }), { code: 'sink/same-path' })
    // Another key, though it would be the same path; and what fails leaves none of them.
    const before = await keys()
    const failing = pipeline(fileSource(`${folder}/nope.csv`), validate(schema), split({ valid: urlOf('n/1'), invalid: urlOf('n/x/../1') }))
    t.match(await failureOf(failing), { code: 'input/not-found' })
    const nowhere = split({ valid: urlOf('n/1'), report: 's3://no-bucket/r.json' })
    t.match(await failureOf(pipeline(fileSource(`${folder}/in.csv`), validate(schema), nowhere)), { code: 'sink/unwritable' })
    t.strictSame(await keys(), before)
  })
})

t.test('what cannot be used is refused at once', async (t) => {
  const wrong: [string, object][] = [
    ['s3://bucket', {}],
    ['out.csv', {}],
    ['s3://b/k', { partBytes: 1024 }],
    ['s3://b/k', { partsInFlight: 0 }],
    ['s3://b/k', { checksum: 'CRC16' }],
    ['s3://b/k', { ifNoneMatch: '"etag"' }],
  ]
  for (const [url, options] of wrong) t.throws(() => s3Sink(url, options), { code: 'option/invalid' }, JSON.stringify([url, options]))
})

function* chunksOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 700_001) yield bytes.subarray(at, at + 700_001)
}

function* endless(): Generator<Buffer> {
  for (;;) yield patternOf(1_000_000)
}
