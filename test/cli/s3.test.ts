import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { gunzipSync, gzipSync } from 'node:zlib'
import t from 'tap'
import { startFaultProxy } from '../s3/fault-proxy.js'
import { environmentOf, skipWithoutServer, startS3Server } from '../s3/s3-server.js'
import { people, sluice, start } from './run-filter.js'

t.test('the filter reads and writes objects of S3', { skip: skipWithoutServer }, async (t) => {
  const server = await startS3Server()
  const proxy = await startFaultProxy(server.port)
  t.teardown(async () => {
    await proxy.stop()
    await server.stop()
  })
  await server.put('in.csv', people['people.csv'])
  const environment = environmentOf(proxy.endpoint)
  const cwd = t.testdir(people)
  const run = (words: string[]) => sluice(['validate', ...words, '--schema', 'people.schema.json'], { cwd, environment })

  t.test('all four outputs', async (t) => {
    const outputs = ['valid.csv', 'invalid.csv', 'why.ndjson', 'report.json']
    const [valid, invalid, violations, report] = outputs.map((name) => `s3://bucket/out/${name}`) as [string, string, string, string]
    const { code, stdout } = await run([
      's3://bucket/in.csv',
      '--valid',
      valid,
      '--invalid',
      invalid,
      '--violations',
      violations,
      '--report',
      report,
    ])
    t.equal(code, 1)
    t.equal(stdout, '')
    t.equal(await server.get('out/valid.csv'), people['valid.csv'])
    t.equal(await server.get('out/invalid.csv'), people['invalid.csv'])
    t.equal((await server.get('out/why.ndjson')).trimEnd().split('\n').length, 3)
    t.match(JSON.parse(await server.get('out/report.json')), { source: 's3://bucket/in.csv', counts: { read: 5, valid: 3 } })
    t.strictSame(await server.uploads(), [])
  })

  t.test('compressed in and out, by the names of the keys', async (t) => {
    await server.put('data.csv.gz', gzipSync(people['people.csv']))
    const outputs = ['--valid', 's3://bucket/ok.csv.zst', '--invalid', 's3://bucket/bad.csv.gz', '--report', 's3://bucket/report.json']
    t.match(await run(['s3://bucket/data.csv.gz', ...outputs]), { code: 1, stdout: '' })
    t.equal(gunzipSync(await server.bytes('bad.csv.gz')).toString(), people['invalid.csv'])
    t.equal((await run(['s3://bucket/ok.csv.zst'])).stdout, people['valid.csv'])
    t.match(JSON.parse(await server.get('report.json')), { format: 'csv', counts: { read: 5, valid: 3 } })
    await server.put('cut.csv.gz', gzipSync(people['people.csv']).subarray(0, -3))
    t.match(await run(['s3://bucket/cut.csv.gz', '--valid', 's3://bucket/none.csv']), { code: 2, stderr: /input\/compression/ })
    await t.rejects(server.get('none.csv'))
    t.strictSame(await server.uploads(), [])
  })

  t.test('a prefix is many inputs', async (t) => {
    await server.put('many/a.csv', people['people.csv'])
    await server.put('many/b/c.csv.gz', gzipSync(people['people.csv']))
    const { code } = await run(['s3://bucket/many/', '--valid', 's3://bucket/all.csv', '--report', 's3://bucket/all.json'])
    t.equal(code, 1)
    const [head, ...rows] = people['valid.csv'].trimEnd().split('\n')
    t.equal(await server.get('all.csv'), [head, ...rows, ...rows, ''].join('\n'))
    t.match(JSON.parse(await server.get('all.json')), {
      sources: ['s3://bucket/many/a.csv', 's3://bucket/many/b/c.csv.gz'],
      counts: { read: 10 },
    })
    t.match(await run(['s3://bucket/nothing/', '--valid', 's3://bucket/none.csv']), { code: 2, stderr: /input\/not-found/ })
  })

  t.test('an input that fails after part of it has gone into a joined object keeps all objects from being made', async (t) => {
    const files = { 'ok.json': '[{"id":1,"age":20}]', 'cut.json': '[{"id":2,"age":20},{"id":3,"age":30}', 'no.json': '[' }
    const cwd = t.testdir({ ...people, ...files, out: {} })
    const outputs = ['--valid', 's3://bucket/joined.ndjson', '--invalid', 'out/bad.ndjson', '--report', 'out/report.json']
    const words = ['--schema', 'people.schema.json', '--jobs', '1', ...outputs]
    const broken = await sluice(['validate', 'ok.json', 'cut.json', ...words], { cwd, environment })
    t.equal(broken.code, 2)
    t.match(broken.stderr, /failed: cut\.json: .*\[input\/json\]\nsluice: .* s3:\/\/bucket\/joined\.ndjson, .*\[sink\/unwritable\]\n$/)
    await t.rejects(server.get('joined.ndjson'))
    t.strictSame(await server.uploads(), [])
    t.strictSame(readdirSync(`${cwd}/out`), [])
    const unwritten = await sluice(['validate', 'ok.json', 'no.json', ...words], { cwd, environment })
    t.match(
      unwritten,
      { code: 2, stderr: /^sluice: failed: no\.json: .*\n$/ },
      'of one that has written nothing there is nothing to take back',
    )
    t.equal(await server.get('joined.ndjson'), '{"id":1,"age":20}\n')
  })

  t.test('a file in, standard output, and an object over itself', async (t) => {
    t.equal((await run(['s3://bucket/in.csv'])).stdout, people['valid.csv'])
    await run(['people.csv', '--valid', 's3://bucket/from-file.csv'])
    t.equal(await server.get('from-file.csv'), people['valid.csv'])
    await run(['s3://bucket/from-file.csv', '--valid', 's3://bucket/from-file.csv'])
    t.equal(await server.get('from-file.csv'), people['valid.csv'])
  })

  t.test('what goes wrong is one sentence with a code, and exit code 2', async (t) => {
    const missing = await run(['s3://bucket/nope.csv', '--valid', 's3://bucket/never.csv'])
    t.equal(missing.code, 2)
    t.match(missing.stderr, /^sluice: The input s3:\/\/bucket\/nope\.csv does not exist: .* \[input\/not-found\]$/m)
    const same = await run(['s3://bucket/in.csv', '--valid', 's3://bucket/x', '--invalid', 's3://bucket/x'])
    t.equal(same.code, 2)
    t.match(same.stderr, /--valid and --invalid are both s3:\/\/bucket\/x/)
    const nowhere = await run(['s3://bucket/in.csv', '--valid', 's3://no-bucket/x'])
    t.equal(nowhere.code, 2)
    t.match(nowhere.stderr, /\[sink\/unwritable\]/)
    t.notOk((await server.objects()).some(({ Key }) => Key === 'never.csv'))
  })

  t.test('an interrupt leaves neither object nor upload', { skip: process.platform === 'win32' && 'needs signals' }, async (t) => {
    const { AWS_ENDPOINT_URL_S3: before } = process.env
    Object.assign(process.env, environment)
    t.teardown(() => {
      proxy.fault = () => undefined
      if (before === undefined) delete process.env['AWS_ENDPOINT_URL_S3']
      else process.env['AWS_ENDPOINT_URL_S3'] = before
    })
    const outputs = ['valid', 'invalid', 'violations', 'report', 'reports'].flatMap((name) => [`--${name}`, `s3://bucket/gone.${name}`])
    /** Interrupts a run once it has begun so many uploads, and `isReady`. */
    const interrupted = async (words: string[], count: number, isReady: () => boolean) => {
      proxy.seen.length = 0
      const child = start(['validate', ...words, '--schema', 'people.schema.json'], cwd)
      child.stdin?.on('error', () => {})
      child.stdin?.write(people['people.csv'])
      while ((await server.uploads()).length < count || !isReady()) await delay(20)
      child.kill('SIGINT')
      const [[code], stderr] = await Promise.all([once(child, 'close'), text(child.stderr as NodeJS.ReadableStream)])
      t.strictSame({ code, stderr }, { code: 130, stderr: 'sluice: Interrupted. [SIGINT]\n' }, words.join(' '))
      t.strictSame(await server.uploads(), [])
      t.notOk((await server.objects()).some(({ Key }) => Key?.startsWith('gone.')))
    }
    await interrupted(['-', '--format', 'csv', ...outputs.slice(0, 8)], 4, () => true)
    await interrupted(['people.csv', '-', ...outputs], 5, () => true)
    // The parts are on their way when the interrupt comes, and S3 may keep one that it finishes after the abort: so each upload is aborted twice.
    const count = (method: string) => proxy.seen.filter((request) => request.method === method).length
    writeFileSync(`${cwd}/large.csv`, `id,age\n${'1,20\n'.repeat(2_000_000)}`)
    proxy.fault = ({ method }) => (method === 'PUT' ? { kind: 'hang' } : undefined)
    for (const words of [['large.csv'], ['large.csv', '-']]) {
      await interrupted([...words, '--valid', 's3://bucket/gone.csv'], 1, () => count('PUT') > 0)
      t.equal(count('DELETE'), 2)
    }
    proxy.fault = ({ method }) => (method === 'PUT' || method === 'DELETE' ? { kind: 'hang' } : undefined)
    const child = start(['validate', 'large.csv', '--schema', 'people.schema.json', '--valid', 's3://bucket/gone.csv'], cwd)
    while ((await server.uploads()).length === 0) await delay(20)
    child.kill('SIGTERM')
    const [[code], stderr] = await Promise.all([once(child, 'close'), text(child.stderr as NodeJS.ReadableStream)])
    t.equal(code, 143)
    t.match(
      stderr,
      /^sluice: Interrupted; .* an upload to S3 may be left\. \[SIGTERM\]\n$/,
      'a server that does not answer is not waited for without end',
    )
    t.strictSame(await server.uploads(), ['gone.csv'])
  })
})
