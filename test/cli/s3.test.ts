import { once } from 'node:events'
import { readdirSync } from 'node:fs'
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
    Object.assign(process.env, environment)
    const child = start(['validate', '-', '--format', 'csv', '--schema', 'people.schema.json', '--valid', 's3://bucket/cut.csv'], cwd)
    child.stdin?.write(people['people.csv'])
    while ((await server.uploads()).length === 0) await delay(20)
    child.kill('SIGINT')
    const [code] = await once(child, 'close')
    t.equal(code, 130)
    t.strictSame(await server.uploads(), [])
    t.notOk((await server.objects()).some(({ Key }) => Key === 'cut.csv'))
  })
})
