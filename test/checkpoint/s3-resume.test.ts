import * as fs from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { gzipSync } from 'node:zlib'
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { checkpoint, fileSource, type S3Location, s3Source, split, type ValidateOptions, validate } from 'sluice'
import t, { type Test } from 'tap'
import { startFaultProxy } from '../s3/fault-proxy.js'
import { environmentOf, skipWithoutServer, startS3Server } from '../s3/s3-server.js'
import { failureOf } from '../s3/s3-tools.js'
import { dirtyCsv, rules } from './dirty-files.js'
import { outputsAt } from './order.js'

const csv: ValidateOptions = { batchBytes: 20_000, checkpointBytes: 400_000, threads: 2, format: 'csv', comment: '#' }
const mebibyte = 1024 * 1024
t.setTimeout(300_000)

t.test('checkpoints with S3', { skip: skipWithoutServer }, async (t) => {
  const server = await startS3Server()
  const proxy = await startFaultProxy(server.port)
  t.teardown(async () => {
    await proxy.stop()
    await server.stop()
  })
  Object.assign(process.env, environmentOf(proxy.endpoint))
  const { bucket: Bucket, client } = server
  const urlOf = (key: string) => `s3://${Bucket}/${key}`
  const input = urlOf('in')
  const content = dirtyCsv(31, 3_000_000)
  t.beforeEach(async () => {
    proxy.fault = () => undefined
    await server.put('in', content)
  })

  interface Run {
    folder: string
    targets?: Parameters<typeof split>[0]
    source?: string | S3Location
    options?: ValidateOptions
    isAborted?: boolean
    slowMs?: number
  }

  /** One run with a checkpoint in its folder; it may be aborted when one stands. */
  async function carryOn({ folder, targets = outputsAt(urlOf('parts')), source = input, options = csv, isAborted, slowMs = 2 }: Run) {
    const kept = checkpoint(join(folder, 'run.checkpoint'))
    const aborter = new AbortController()
    const check = validate(rules, { ...options, checkpoint: kept })
    if (isAborted)
      check.on('data', () => (kept.standsAt ? aborter.abort() : Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, slowMs)))
    const from =
      typeof source === 'string' && !source.startsWith('s3:')
        ? fileSource(source, { checkpoint: kept })
        : s3Source(source, { checkpoint: kept })
    const sink = split(targets, { checkpoint: kept })
    await pipeline(from, check, sink, { signal: aborter.signal }).finally(() => kept.closed)
    return kept
  }
  const refusal = async (run: Run) => {
    const { code, message } = await failureOf(carryOn(run))
    return `${code}: ${message}`
  }
  /** A folder in which a run was aborted once its checkpoint stood. */
  async function aborted(t: Test, run: Omit<Run, 'folder'> = {}): Promise<string> {
    const folder = t.testdir({})
    t.match(await refusal({ folder, isAborted: true, ...run }), /AbortError|ABORT_ERR/)
    t.ok(fs.existsSync(join(folder, 'run.checkpoint')))
    return folder
  }
  const etagOf = async (Key: string) => (await client.send(new HeadObjectCommand({ Bucket, Key }))).ETag
  const whole = (options = csv) => pipeline(s3Source(input), validate(rules, options), split(outputsAt(urlOf('whole'))))
  async function checkSame(t: Test, folder: string) {
    await whole()
    for (const name of ['valid', 'invalid', 'violations']) t.equal(await etagOf(`parts/${name}`), await etagOf(`whole/${name}`), name)
    t.strictSame(fs.readdirSync(folder), [])
    t.strictSame(await server.uploads(), [])
  }

  t.test('what was aborted keeps its uploads and what is in no part, and is gone on with', async (t) => {
    const folder = await aborted(t)
    t.strictSame((await server.uploads()).sort(), ['parts/invalid', 'parts/valid', 'parts/violations'], 'but not that of the report')
    t.strictSame(fs.readdirSync(folder).sort(), [
      'run.checkpoint',
      'run.checkpoint.invalid.upload',
      'run.checkpoint.lock',
      'run.checkpoint.valid.upload',
      'run.checkpoint.violations.upload',
    ])
    if (process.platform !== 'win32') t.equal(fs.statSync(join(folder, 'run.checkpoint.valid.upload')).mode & 0o777, 0o600)
    proxy.seen.length = 0
    t.ok((await carryOn({ folder })).resumedFrom)
    const ranges = proxy.seen.filter(({ path, range }) => path.startsWith('/bucket/in') && range && range !== 'bytes=0-3')
    t.ok(ranges.length > 0 && ranges.every(({ range, ifMatch }) => !range?.startsWith('bytes=0-') && ifMatch), 'not from the beginning')
    await checkSame(t, folder)
  })

  t.test('an object that was changed is refused, and read no further', async (t) => {
    const folder = await aborted(t)
    await server.put('in', content.replace('plain', 'Plain'))
    t.match(await refusal({ folder }), /^checkpoint\/foreign: .* another input: the etag of s3:\/\/bucket\/in was another/)
    await server.put('in', `${content}1,20,x\n`)
    t.match(await refusal({ folder }), /^checkpoint\/foreign: /)
    await server.put('in', content)
    await carryOn({ folder })
    await checkSame(t, folder)
    const kept = checkpoint(join(folder, 'run.checkpoint'))
    const changing = validate(rules, { ...csv, checkpoint: kept })
    changing.once('data', () => void server.put('in', content.replace('plain', 'Plain')))
    changing.on('data', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5))
    const run = pipeline(
      s3Source(input, { checkpoint: kept, rangeBytes: 100_000 }),
      changing,
      split(outputsAt(urlOf('parts')), { checkpoint: kept }),
    )
    t.match(await failureOf(run.finally(() => kept.closed)), { code: 'input/changed' })
  })

  t.test('other outputs are refused, and cost nothing', async (t) => {
    const folder = await aborted(t)
    const { valid, invalid, violations, report } = outputsAt(urlOf('parts'))
    t.match(await refusal({ folder, targets: { valid, invalid, report } }), /^checkpoint\/foreign: .*other outputs: they were/)
    t.match(
      await refusal({ folder, targets: { valid: urlOf('else'), invalid, violations } }),
      /^checkpoint\/foreign: .*other outputs: valid went to s3:\/\/bucket\/parts\/valid/,
    )
    t.match(await refusal({ folder, targets: { valid: join(folder, 'valid'), invalid, violations } }), /^checkpoint\/foreign/)
    await carryOn({ folder })
    await checkSame(t, folder)
  })

  t.test('an upload that was aborted is told of; without the checkpoint, all begins anew', async (t) => {
    const folder = await aborted(t)
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }))
    const { UploadId } = Uploads.find(({ Key }) => Key === 'parts/valid') ?? {}
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key: 'parts/valid', UploadId }))
    t.match(
      await refusal({ folder }),
      /^checkpoint\/lost: The unfinished upload to s3:\/\/bucket\/parts\/valid is gone: .* remove the checkpoint/,
    )
    fs.rmSync(join(folder, 'run.checkpoint'))
    t.equal((await carryOn({ folder })).resumedFrom, undefined)
    await checkSame(t, folder)
  })

  t.test('what is in no part yet is not taken for whole when it was changed or removed', async (t) => {
    const folder = await aborted(t)
    const path = join(folder, 'run.checkpoint.valid.upload')
    const sound = fs.readFileSync(path)
    for (const harmed of [sound.subarray(0, -1), Buffer.concat([sound.subarray(0, -1), Buffer.from('?')]), undefined]) {
      if (harmed) fs.writeFileSync(path, harmed)
      else fs.rmSync(path)
      t.match(await refusal({ folder }), /^checkpoint\/lost: .*run\.checkpoint\.valid\.upload, .* is gone or was changed/)
    }
    fs.writeFileSync(path, sound)
    await carryOn({ folder })
    await checkSame(t, folder)
  })

  t.test('a checkpoint that was removed: what it left on S3 is taken back, and nothing else', async (t) => {
    const folder = await aborted(t)
    fs.rmSync(join(folder, 'run.checkpoint'))
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'parts/valid' }))
    await client.send(new UploadPartCommand({ Bucket, Key: 'parts/valid', UploadId, PartNumber: 1, Body: 'of another' }))
    await carryOn({ folder })
    t.strictSame(await server.uploads(), ['parts/valid'], 'that of another stays')
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key: 'parts/valid', UploadId }))
    await checkSame(t, folder)
  })

  t.test('a checkpoint that was removed: a run with fewer uploads, or none, takes back the others too', async (t) => {
    for (const valid of [urlOf('parts/valid'), 'file']) {
      const folder = await aborted(t)
      t.equal((await server.uploads()).length, 3)
      fs.rmSync(join(folder, 'run.checkpoint'))
      const target = valid === 'file' ? join(folder, valid) : valid
      await carryOn({ folder, targets: { valid: target } })
      t.strictSame(await server.uploads(), [])
      t.strictSame(fs.readdirSync(folder), valid === 'file' ? ['file'] : [])
    }
    const folder = await aborted(t)
    proxy.fault = ({ method }) => (method === 'DELETE' ? { kind: 'status', status: 403, code: 'AccessDenied' } : undefined)
    fs.rmSync(join(folder, 'run.checkpoint'))
    const warnings: string[] = []
    const listen = ({ message }: Error) => void warnings.push(message)
    process.on('warning', listen)
    await carryOn({ folder, targets: { report: join(folder, 'report') } })
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', listen)
    t.equal(warnings.filter((message) => /^The upload .* is left unfinished/.test(message)).length, 3)
    t.equal(fs.readdirSync(folder).filter((name) => name.endsWith('.upload')).length, 3, 'for a later run to do it')
    proxy.fault = () => undefined
    await carryOn({ folder, targets: { report: join(folder, 'report') } })
    t.strictSame(await server.uploads(), [])
    t.strictSame(fs.readdirSync(folder), ['report'])
  })

  t.test('outputs of several parts, with a checkpoint while parts are on their way', async (t) => {
    await server.put('in', `id,age\n${'1,20\n'.repeat(6_000_000)}`)
    const options: ValidateOptions = { ...csv, batchBytes: 500_000, checkpointBytes: 11 * mebibyte }
    const targets = { valid: urlOf('parts/valid') }
    proxy.fault = ({ url = '' }) => (url.includes('partNumber=1&') ? { kind: 'slow', bytesPerMs: 1 } : undefined)
    const folder = await aborted(t, { options, targets, slowMs: 5 })
    const { outputs } = JSON.parse(fs.readFileSync(join(folder, 'run.checkpoint'), 'utf8').split('\n')[1] as string)
    const { parts, bytes, rest } = outputs.valid
    t.ok(parts.length >= 1, `${parts.length} parts`)
    t.equal(parts.length * 8 * mebibyte + rest.bytes, bytes)
    proxy.seen.length = 0
    await carryOn({ folder, options, targets })
    t.notOk(
      proxy.seen.some(({ method, path }) => method === 'PUT' && path.includes('partNumber=1&')),
      'part 1 is not sent again',
    )
    await pipeline(s3Source(input), validate(rules, options), split({ valid: urlOf('whole/valid') }))
    t.equal(await etagOf('parts/valid'), await etagOf('whole/valid'))
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'parts/valid', ChecksumMode: 'ENABLED' }))
    const expected = await client.send(new HeadObjectCommand({ Bucket, Key: 'whole/valid', ChecksumMode: 'ENABLED' }))
    t.ok(head.ChecksumCRC32)
    t.match(head, { ChecksumCRC32: expected.ChecksumCRC32, ChecksumType: 'FULL_OBJECT' })
    t.strictSame(await server.uploads(), [])
  })

  t.test('a file in and objects out, an object in and files out', async (t) => {
    const root = t.testdir({ in: content, a: {}, b: {} })
    const [a, b] = [join(root, 'a'), join(root, 'b')]
    await failureOf(carryOn({ folder: a, source: join(root, 'in'), isAborted: true }))
    t.ok((await carryOn({ folder: a, source: join(root, 'in') })).resumedFrom)
    await whole()
    // What the violations say of their source is another thing.
    for (const name of ['valid', 'invalid']) t.equal(await etagOf(`parts/${name}`), await etagOf(`whole/${name}`), name)
    t.strictSame(fs.readdirSync(a), [])
    const targets = { valid: join(root, 'valid'), report: urlOf('parts/report') }
    await failureOf(carryOn({ folder: b, targets, isAborted: true }))
    t.ok((await carryOn({ folder: b, targets })).resumedFrom)
    t.equal(fs.readFileSync(join(root, 'valid'), 'utf8'), await server.get('whole/valid'))
    t.strictSame(await server.uploads(), [])
  })

  t.test('stopped at maxErrors, or failed before the first checkpoint: nothing is left', async (t) => {
    const folder = t.testdir({})
    t.match(await refusal({ folder, options: { ...csv, maxErrors: 500 } }), /^limit\/max-errors/)
    t.match(await refusal({ folder, options: { ...csv, comment: undefined } }), /^header\/malformed/)
    t.match(await refusal({ folder, source: urlOf('nowhere') }), /^input\/not-found/)
    t.strictSame(fs.readdirSync(folder), [])
    t.strictSame(await server.uploads(), [])
  })

  t.test('an abort while S3 does not answer is prompt', async (t) => {
    const folder = t.testdir({})
    proxy.fault = ({ method, url = '' }) =>
      method === 'HEAD' && proxy.seen.filter((seen) => seen.method === 'HEAD').length > 2 && url ? { kind: 'hang' } : undefined
    proxy.seen.length = 0
    const kept = checkpoint(join(folder, 'run.checkpoint'))
    const aborter = new AbortController()
    const run = pipeline(
      s3Source(input, { checkpoint: kept }),
      validate(rules, { ...csv, checkpoint: kept }),
      split({ valid: urlOf('parts/valid') }, { checkpoint: kept }),
      { signal: aborter.signal },
    ).finally(() => kept.closed)
    setTimeout(() => aborter.abort(), 1500)
    const begun = performance.now()
    t.match(await failureOf(run), { name: 'AbortError' })
    t.ok(performance.now() - begun < 20_000, `${performance.now() - begun} ms`)
    t.strictSame(fs.readdirSync(folder), [])
    t.strictSame(await server.uploads(), [])
  })

  t.test('what cannot be gone on with is refused before anything is written', async (t) => {
    const folder = t.testdir({})
    await server.put('packed', gzipSync(content))
    await server.put('named.csv.gz', content)
    const refused = async (run: Partial<Run>, what: RegExp) => t.match(await refusal({ folder, ...run }), what)
    await refused({ source: urlOf('packed') }, /^option\/invalid: The input s3:\/\/bucket\/packed is compressed/)
    await refused({ source: urlOf('named.csv.gz') }, /^option\/invalid: .* is compressed/)
    await refused({ targets: { valid: urlOf('ok.csv.zst') } }, /^option\/invalid: The output .*ok\.csv\.zst is to be compressed/)
    await refused({ targets: { valid: input } }, /^option\/invalid: The output s3:\/\/bucket\/in is the input/)
    await refused({ targets: { valid: 's3://no-bucket/x' } }, /^sink\/unwritable: .*its bucket does not exist/)
    for (const options of [{ start: 1 }, { end: 5 }, { etag: '"x"' }, { compression: 'gzip' as const }]) {
      t.throws(() => s3Source(input, { ...options, checkpoint: checkpoint(join(folder, 'other')) }), { code: 'option/invalid' })
    }
    t.strictSame(fs.readdirSync(folder), [])
    t.strictSame(await server.uploads(), [])
  })
})
