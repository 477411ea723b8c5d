import t, { type Test } from 'tap'
import { type FaultProxy, startFaultProxy } from '../s3/fault-proxy.js'
import { environmentOf, type S3Server, skipWithoutServer, startS3Server } from '../s3/s3-server.js'
import { header, lines, linesThat } from '../transforms/people.js'
import { functionPath, skipWithoutRuntime, startFunction } from './function.js'

const skip = skipWithoutServer || skipWithoutRuntime
const eventOf = (...keys: string[]) => ({
  Records: keys.map((key) => ({
    eventSource: 'aws:s3',
    eventName: 'ObjectCreated:Put',
    s3: { bucket: { name: 'bucket' }, object: { key: encodeURIComponent(key).replaceAll('%20', '+'), size: 1 } },
  })),
})
const to = 's3://bucket/out/{key}'
const inParts = {
  valid: `${to}/valid-{start}.csv`,
  invalid: `${to}/invalid-{start}.csv`,
  violations: `${to}/violations-{start}.ndjson`,
  report: `${to}/report.json`,
}
const keysUnder = async (server: S3Server, prefix: string) => {
  const objects = await server.objects()
  return objects.map(({ Key = '' }) => Key).filter((key) => key.startsWith(prefix))
}

t.test('objects of S3', { skip }, async (t) => {
  const server = await startS3Server()
  const proxy = await startFaultProxy(server.port)
  t.teardown(async () => {
    await proxy.stop()
    await server.stop()
  })
  const start = (settings: object = {}, memoryMegabytes = 1024) =>
    startFunction(functionPath('objects'), { ...environmentOf(proxy.endpoint), SETTINGS: JSON.stringify(settings) }, memoryMegabytes)

  t.test('an object goes to four, whatever its key is', async (t) => {
    const lambda = await start()
    t.teardown(() => lambda.stop())
    const key = 'in/a b+c%2F{start}é.csv'
    await server.put(key, header + lines(1, 100))
    const { how, body } = await lambda.invoke(eventOf(key))
    t.equal(how, 'response', body)
    const outcome = JSON.parse(body)
    t.match(outcome, { complete: true, objects: [{ object: `s3://bucket/${key}`, complete: true, counts: { read: 100, valid: 90 } }] })
    t.equal(await server.get(`out/${key}/valid.csv`), header + linesThat(true, 1, 100))
    t.equal(await server.get(`out/${key}/invalid.csv`), header + linesThat(false, 1, 100))
    t.match(JSON.parse((await server.get(`out/${key}/violations.ndjson`)).split('\n')[0] ?? ''), { field: 'age', record: 3, line: 4 })
    t.match(JSON.parse(await server.get(`out/${key}/report.json`)), { complete: true, source: `s3://bucket/${key}`, counts: { read: 100 } })
    t.strictSame(await server.uploads(), [])
  })

  t.test('one that cannot be read fails the invocation, and the others are checked', async (t) => {
    const lambda = await start()
    t.teardown(() => lambda.stop())
    await server.put('in/there.csv', header + lines(1, 10))
    const { how, body } = await lambda.invoke(eventOf('in/away.csv', 'in/there.csv'))
    t.equal(how, 'error')
    t.match(JSON.parse(body), { errorType: 'SluiceError', errorMessage: /^input\/not-found: .*in\/away\.csv/ })
    t.equal(await server.get('out/in/there.csv/valid.csv'), header + linesThat(true, 1, 10))
    t.strictSame(await keysUnder(server, 'out/in/away.csv'), [])
  })

  await deadlines(t, { server, proxy, start })
})

interface Parts {
  server: S3Server
  proxy: FaultProxy
  start(settings?: object, memoryMegabytes?: number): ReturnType<typeof startFunction>
}

const records = 100_000
const isRead = ({ method, url }: { method?: string | undefined; url?: string | undefined }) => method === 'GET' && url?.includes('/in/')

async function deadlines(t: Test, { server, proxy, start }: Parts): Promise<void> {
  const slowly = (bytesPerMs: number) => {
    proxy.fault = (request) => (isRead(request) ? { kind: 'slow', bytesPerMs } : undefined)
  }

  t.test('a deadline in the midst of an object ends in parts, which the next invocations go on from', async (t) => {
    const lambda = await start({ outputs: inParts, unfinished: 'return' }, 256)
    t.teardown(() => lambda.stop())
    const text = header + lines(1, records)
    await server.put('in/large.csv', text)
    slowly(500)
    t.teardown(() => {
      proxy.fault = () => undefined
    })
    const first = await lambda.invoke(eventOf('in/large.csv'), 4_000)
    t.ok(first.ms < 4_000, 'it answers before its deadline')
    let outcome = JSON.parse(first.body)
    t.match(outcome, { complete: false, objects: [{ complete: false, checkpoint: { bucket: 'bucket', key: 'in/large.csv' } }] }, first.body)
    const [{ start: at, record, etag }] = outcome.next.sluiceCheckpoints
    t.ok(at > 0 && at < text.length && etag, `it came to byte ${at}`)
    t.equal(text.slice(0, at).split('\n').length - 1, record, 'the checkpoint names the next record')
    t.match(JSON.parse(await server.get('out/in/large.csv/report.json')), { complete: false, bytes: at, counts: { read: record - 1 } })
    proxy.fault = () => undefined
    let invocations = 1
    for (; !outcome.complete && invocations < 10; invocations += 1) {
      const { how, body } = await lambda.invoke(outcome.next)
      t.equal(how, 'response', body)
      outcome = JSON.parse(body)
    }
    t.ok(outcome.complete && invocations >= 2)
    const whole = async (prefix: string) => {
      const keys = (await keysUnder(server, `out/in/large.csv/${prefix}-`)).sort()
      t.ok(keys.length >= 2)
      return (await Promise.all(keys.map((key) => server.get(key)))).join('')
    }
    t.equal(await whole('valid'), header + linesThat(true, 1, records))
    t.equal(await whole('invalid'), header + linesThat(false, 1, records))
    const violations = (await whole('violations')).trimEnd().split('\n')
    t.equal(violations.length, records / 10)
    t.match(JSON.parse(violations.at(-1) ?? ''), { record: records - 7, line: records - 6 })
    const report = JSON.parse(await server.get('out/in/large.csv/report.json'))
    t.match(report, { complete: true, bytes: text.length, counts: { read: records, invalid: records / 10 } })
    t.strictSame(await server.uploads(), [])
  })

  t.test('without parts nothing but the report stays, and it fails, for nobody looks at what it returns', async (t) => {
    const lambda = await start()
    t.teardown(() => lambda.stop())
    await server.put('in/slow.csv', header + lines(1, records))
    slowly(300)
    t.teardown(() => {
      proxy.fault = () => undefined
    })
    const { how, body } = await lambda.invoke(eventOf('in/slow.csv'), 4_000)
    t.equal(how, 'error')
    t.match(
      JSON.parse(body).errorMessage,
      /^limit\/deadline: .*s3:\/\/bucket\/in\/slow\.csv \(\d+ records read; to go on at byte 0, record 1\)/,
    )
    t.strictSame(await keysUnder(server, 'out/in/slow.csv'), ['out/in/slow.csv/report.json'])
    t.match(JSON.parse(await server.get('out/in/slow.csv/report.json')), { complete: false })
    t.strictSame(await server.uploads(), [])
  })

  t.test('an object that does not come at all is let go of before the end, and told', async (t) => {
    const lambda = await start({ outputs: inParts, unfinished: 'return' })
    t.teardown(() => lambda.stop())
    await server.put('in/silent.csv', header + lines(1, 10))
    proxy.fault = (request) => (isRead(request) ? { kind: 'hang' } : undefined)
    t.teardown(() => {
      proxy.fault = () => undefined
    })
    const { body, ms } = await lambda.invoke(eventOf('in/silent.csv'), 3_500)
    t.ok(ms < 3_500)
    t.match(JSON.parse(body), { complete: false, objects: [{ counts: { read: 0 }, checkpoint: { start: 0, record: 1 } }] }, body)
    t.strictSame(await keysUnder(server, 'out/in/silent.csv'), [])
    t.strictSame(await server.uploads(), [])
  })

  t.test('outputs that cannot be finished in time are taken back', async (t) => {
    const lambda = await start({ outputs: inParts, unfinished: 'return' })
    t.teardown(() => lambda.stop())
    await server.put('in/stuck.csv', header + lines(1, 1_000))
    // Parts and completions are not answered; that an upload is aborted is.
    proxy.fault = ({ method, url = '' }) =>
      (method === 'PUT' || method === 'POST') && url.includes('uploadId') ? { kind: 'hang' } : undefined
    t.teardown(() => {
      proxy.fault = () => undefined
    })
    const { body } = await lambda.invoke(eventOf('in/stuck.csv'), 3_500)
    t.match(JSON.parse(body), { complete: false, objects: [{ outputs: {}, checkpoint: { start: 0 } }] }, body)
    t.strictSame(await keysUnder(server, 'out/in/stuck.csv'), [])
    t.strictSame(await server.uploads(), [])
  })

  t.test('an object that was replaced is not gone on with', async (t) => {
    const lambda = await start({ outputs: inParts, unfinished: 'return' })
    t.teardown(() => lambda.stop())
    await server.put('in/replaced.csv', header + lines(1, records))
    slowly(500)
    const first = await lambda.invoke(eventOf('in/replaced.csv'), 4_000)
    proxy.fault = () => undefined
    await server.put('in/replaced.csv', header + lines(2, records))
    const { how, body } = await lambda.invoke(JSON.parse(first.body).next)
    t.equal(how, 'error')
    t.match(JSON.parse(body).errorMessage, /^input\/changed: /)
  })

  t.test('a function whose timeout leaves no time says so', async (t) => {
    const lambda = await start()
    t.teardown(() => lambda.stop())
    const { how, body } = await lambda.invoke(eventOf('in/large.csv'), 1_500)
    t.equal(how, 'error')
    t.match(JSON.parse(body).errorMessage, /^limit\/deadline: .*stopMarginMs \(2000\)/)
  })
}
