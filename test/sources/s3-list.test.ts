import { PutObjectCommand } from '@aws-sdk/client-s3'
import { listS3, type S3Entry } from 'sluice'
import t from 'tap'
import { type Fault, startFaultProxy } from '../s3/fault-proxy.js'
import { environmentOf, skipWithoutServer, startS3Server } from '../s3/s3-server.js'
import { allOf } from '../s3/s3-tools.js'

t.test('listS3', { skip: skipWithoutServer }, async (t) => {
  const server = await startS3Server()
  const proxy = await startFaultProxy(server.port)
  t.teardown(async () => {
    await proxy.stop()
    await server.stop()
  })
  Object.assign(process.env, environmentOf(proxy.endpoint))
  const { bucket, client } = server
  const put = (Key: string, Body = 'x') => client.send(new PutObjectCommand({ Bucket: bucket, Key, Body }))
  const list = (prefix = '', options = {}) => allOf(listS3(`s3://${bucket}${prefix}`, options))
  const keysOf = (entries: S3Entry[]) => entries.map(({ key }) => key)

  t.test('an empty bucket', async (t) => {
    t.strictSame(await list(), [])
  })

  t.test('keys as they are, with size and ETag, under a prefix that is none of a folder', async (t) => {
    const names = ['in/a b.csv', 'in/a+b.csv', 'in/50%41.csv', 'in/ünï.csv', 'in/q?x&y=1.csv', 'input.csv']
    for (const name of names) await put(name, name)
    t.strictSame(keysOf(await list('/in')).sort(), names.sort())
    t.strictSame(
      keysOf(await list('/in/')).sort(),
      names.filter((name) => name.startsWith('in/')),
    )
    const [entry] = await list('/input')
    t.match(entry, { url: `s3://${bucket}/input.csv`, bucket, key: 'input.csv', bytes: 9, etag: /^".+"$/, lastModified: Date })
  })

  t.test('more than a page of a thousand, each once, also when a page has to be asked for again', async (t) => {
    const names = Array.from({ length: 1005 }, (_, n) => `many/${String(n).padStart(5, '0')}`)
    for (let at = 0; at < names.length; at += 50) await Promise.all(names.slice(at, at + 50).map((name) => put(name)))
    const faults: Fault[] = [{ kind: 'reset' }, { kind: 'status', status: 503, code: 'SlowDown' }]
    proxy.seen.length = 0
    proxy.fault = (_request, number) => (number === 2 ? faults[0] : number === 3 ? faults[1] : undefined)
    t.strictSame(keysOf(await list('/many/')), names)
    t.equal(proxy.seen.length, 4, 'two pages, one of them in three attempts')
    proxy.fault = () => undefined
    for await (const { key } of listS3(`s3://${bucket}/many/`)) {
      t.equal(key, names[0])
      break
    }
  })

  t.test('what cannot be listed', async (t) => {
    await t.rejects(allOf(listS3('s3://no-bucket/x')), { code: 'input/not-found', message: /its bucket does not exist/ })
    await t.rejects(allOf(listS3('in/')), { code: 'option/invalid' })
    const controller = new AbortController()
    proxy.fault = () => ({ kind: 'hang' })
    setTimeout(() => controller.abort(), 100)
    await t.rejects(list('', { signal: controller.signal }), { name: 'AbortError' })
    t.ok(await proxy.isLeftAlone())
  })
})
