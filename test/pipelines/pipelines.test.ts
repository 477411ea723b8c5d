import { execFile, spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { skipWithoutRuntime, startFunction } from '../lambda/function.js'
import { skipWithoutServer, startS3Server } from '../s3/s3-server.js'

const run = promisify(execFile)
const built = (name: string) => fileURLToPath(new URL(`../../pipelines/${name}`, import.meta.url))

t.test('file-split sends each record where it belongs', async (t) => {
  const folder = t.testdir({
    'people.csv':
      'user_id,email,age,balance\n123456,ada@example.org,36,12.50\n12345,ada@example.org,36,\n654321,nobody,17,-1\n000001,bob@example.org,18,\n',
  })
  const { stdout } = await run(process.execPath, [built('file-split.js'), join(folder, 'people.csv'), join(folder, 'out')])
  t.equal(stdout, '4 records read, 2 valid, 2 invalid\n')
  const read = (name: string) => readFile(join(folder, 'out', name), 'utf8')
  t.equal(await read('valid.csv'), 'user_id,email,age,balance\n123456,ada@example.org,36,12.50\n000001,bob@example.org,18,\n')
  t.equal(await read('invalid.csv'), 'user_id,email,age,balance\n12345,ada@example.org,36,\n654321,nobody,17,-1\n')
  const violations = (await read('violations.ndjson'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  t.same(
    violations.map(({ field, keyword, value, line }) => [field, keyword, value, line]),
    [
      ['user_id', 'pattern', '12345', 3],
      ['email', 'format', '***', 4],
      ['age', 'minimum', '17', 4],
      ['balance', 'minimum', '-1', 4],
    ],
  )
  t.same(JSON.parse(await read('report.json')).counts, { read: 4, valid: 2, invalid: 2, violations: 4 })
})

t.test('stdin-filter passes valid lines on as they came', async (t) => {
  const good = '{"id":"0b1e3c52-7f5e-4c0b-9d3a-0f2f1f6c9a11","at":"2026-11-21T10:00:00Z","kind":"purchase","amount":19.99}'
  const child = spawn(process.execPath, [built('stdin-filter.js')])
  child.stdin.end(`${good}\n{"id":"x"}\nnot JSON\n${good}\n`)
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  t.equal(out, `${good}\n${good}\n`)
  const codes = err
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).code)
  t.same(codes, ['format', 'required', 'required', 'json/syntax'])
})

t.test('severities lets pass, sets aside, and stops', async (t) => {
  const rows = ['S001,21.5,C,north', 'S002,50,C,north', 'S003,-300,C,North', 'S999,20,C,south-2']
  const folder = t.testdir({
    'good.csv': `sensor,celsius,unit,site\n${rows.join('\n')}\n`,
    'moved.csv': `sensor,celsius,unit,site\n${rows[0]}\nS001,21.5,north,C\n${rows[1]}\n`,
  })
  const program = (name: string) => run(process.execPath, [built('severities.js'), join(folder, name), join(folder, 'out')])
  const { stdout } = await program('good.csv')
  t.equal(stdout, '3 valid, 1 invalid, 4 warnings\n')
  t.equal(await readFile(join(folder, 'out', 'valid.csv'), 'utf8'), `sensor,celsius,unit,site\n${rows[0]}\n${rows[1]}\n${rows[3]}\n`)
  const violations = (await readFile(join(folder, 'out', 'violations.ndjson'), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  t.same(
    violations.map(({ record, code, rule, severity }) => `${record} ${rule ?? code} ${severity ?? 'error'}`),
    ['2 usual warning', '3 minimum error', '3 pattern warning', '4 pattern warning', '4 known warning'],
  )
  const stopped = await program('moved.csv').catch((error) => error)
  t.match(stopped, { code: 3, stderr: /record 2 of .*moved\.csv.*enum of "unit", whose severity is abort/ })
  t.match(JSON.parse(await readFile(join(folder, 'out', 'report.json'), 'utf8')), { complete: false, counts: { read: 2, invalid: 1 } })
})

t.test('customers-safe lets no personal data through', async (t) => {
  const folder = t.testdir({
    'customers.csv':
      'id,email,iban,country,balance\n007,Ada@Example.org,CH9300762011623852957,de,1.10\n2,bob@example.org,,,3\n3,nobody,,,1\n',
  })
  const env = { ...process.env, HASH_KEY: 'a key' }
  const { stdout } = await run(process.execPath, [built('customers-safe.js'), join(folder, 'customers.csv'), join(folder, 'out')], { env })
  t.equal(stdout, '2 of 3 customers\n')
  const hash = (text: string) => createHmac('sha256', 'a key').update(text).digest('hex')
  t.equal(
    await readFile(join(folder, 'out', 'valid.ndjson'), 'utf8'),
    `{"customer_id":7,"email":"${hash('ada@example.org')}","iban":"********2957","country":"DE","balance":1.10,"source":"shop"}\n` +
      `{"customer_id":2,"email":"${hash('bob@example.org')}","country":"CH","balance":3,"source":"shop"}\n`,
  )
  t.equal(await readFile(join(folder, 'out', 'invalid.csv'), 'utf8'), 'id,email,iban,country,balance\n3,nobody,,,1\n')
})

t.test('order-rules holds the fields of a record against each other', async (t) => {
  const lines = [{ sku: 'a', price: 19.99, quantity: 3 }]
  const good = { ordered: '2026-01-01', shipped: '2026-01-02', lines, most: 59.97 }
  const { shipped: _shipped, ...waiting } = good
  const orders = [good, waiting, { ...good, shipped: '2025-12-31' }, { ...good, most: 59.96 }, { ...good, discount: 60 }]
  const text = orders.map((order) => `${JSON.stringify(order)}\n`)
  const folder = t.testdir({ 'orders.ndjson': text.join('') })
  const { stdout } = await run(process.execPath, [built('order-rules.js'), join(folder, 'orders.ndjson'), join(folder, 'out')])
  t.equal(stdout, 'discount: 1\nmost: 1\nshipped-after: 1\n')
  t.equal(await readFile(join(folder, 'out', 'valid.ndjson'), 'utf8'), text.slice(0, 2).join(''))
  t.equal(await readFile(join(folder, 'out', 'invalid.ndjson'), 'utf8'), text.slice(2).join(''))
  const first = JSON.parse((await readFile(join(folder, 'out', 'violations.ndjson'), 'utf8')).split('\n')[0] ?? '')
  t.match(first, {
    code: 'rule',
    keyword: 'x-rules',
    field: null,
    params: { id: 'shipped-after' },
    message: 'was shipped before it was ordered',
  })
})

t.test('unique-keys holds the records of all files against each other', async (t) => {
  const folder = t.testdir({
    'monday.csv': 'id,at,note\n1,2026-01-05T08:00:00Z,x\n2,2026-01-05T10:00:00+01:00,\n',
    'tuesday.csv': 'id,at,note\n2,2026-01-06T08:00:00Z,\n3,2026-01-05T08:30:00Z,\n4,2026-01-06T09:00:00Z,y\n',
  })
  const { stdout } = await run(process.execPath, [built('unique-keys.js'), join(folder, 'monday.csv'), join(folder, 'tuesday.csv')])
  t.equal(
    stdout,
    [
      '5 records, 3 valid',
      'order/broken at 1',
      'unique/duplicate id 1',
      'missingRatio/maximum note 1',
      'recordCount/minimum: 5 of 5, met',
      'missingRatio/maximum: 3 of 5, not met',
      '',
    ].join('\n'),
  )
})

t.test('foreign-keys tells of records that no reference knows', async (t) => {
  const folder = t.testdir({
    'flights.csv': 'carrier,from,to\nAA,JFK,LGA\nZZ,JFK,LGA\nDL,LGA,\n',
    'airlines.csv': 'code,name\nAA,American\nDL,Delta\n',
    'airports.ndjson': '{"code":"JFK"}\n{"code":"LGA"}\n',
  })
  const paths = ['flights.csv', 'airlines.csv', 'airports.ndjson'].map((name) => join(folder, name))
  const { stdout } = await run(process.execPath, [built('foreign-keys.js'), ...paths, join(folder, 'valid.csv')])
  t.equal(stdout, '3 records, 2 valid\nline 3: reference/unknown, carrier "ZZ" (airlines: code)\n')
  t.equal(await readFile(join(folder, 'valid.csv'), 'utf8'), 'carrier,from,to\nAA,JFK,LGA\nDL,LGA,\n')
})

t.test('s3-to-s3 reads an object and writes four', { skip: skipWithoutServer }, async (t) => {
  const server = await startS3Server()
  t.teardown(() => server.stop())
  const people = 'user_id,email,age,balance\n123456,ada@example.org,36,12.50\n12345,ada@example.org,36,\n'
  await server.put('people.csv', people)
  const words = [built('s3-to-s3.js'), 's3://bucket/people.csv', 's3://bucket/out']
  const { stdout } = await run(process.execPath, words, { env: { ...process.env, ...server.environment } })
  t.equal(stdout, '2 records read, 1 valid, 1 invalid\n')
  t.equal(await server.get('out/valid.csv'), 'user_id,email,age,balance\n123456,ada@example.org,36,12.50\n')
  t.equal(await server.get('out/invalid.csv'), 'user_id,email,age,balance\n12345,ada@example.org,36,\n')
  t.match(JSON.parse(await server.get('out/violations.ndjson')), { field: 'user_id', line: 3 })
  t.match(JSON.parse(await server.get('out/report.json')).counts, { read: 2, valid: 1 })
  t.strictSame(await server.uploads(), [])
})

t.test('lambda-s3 checks the object of an event', { skip: skipWithoutServer || skipWithoutRuntime }, async (t) => {
  const server = await startS3Server()
  t.teardown(() => server.stop())
  await server.put('people.csv', 'user_id,email,age,balance\n123456,ada@example.org,36,12.50\n12345,ada@example.org,36,\n')
  const lambda = await startFunction(built('lambda-s3.js'), { ...server.environment, CHECKED: 'bucket/checked' })
  t.teardown(() => lambda.stop())
  const s3 = { bucket: { name: 'bucket' }, object: { key: 'people.csv' } }
  const { body } = await lambda.invoke({ Records: [{ eventSource: 'aws:s3', eventName: 'ObjectCreated:Put', s3 }] })
  t.match(JSON.parse(body), { complete: true, objects: [{ counts: { read: 2, valid: 1, invalid: 1 } }] }, body)
  t.equal(await server.get('checked/people.csv/valid-00000000000000.csv'), 'user_id,email,age,balance\n123456,ada@example.org,36,12.50\n')
  t.match(JSON.parse(await server.get('checked/people.csv/violations-00000000000000.ndjson')), { field: 'user_id', line: 3 })
  t.match(JSON.parse(await server.get('checked/people.csv/report.json')), { complete: true })
})
