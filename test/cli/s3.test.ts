import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
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
