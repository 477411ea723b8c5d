import { createReadStream, readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { gzipSync } from 'node:zlib'
import {
  checkpoint,
  checkRecord,
  explain,
  type FileOutcome,
  field,
  fromTableSchema,
  type JSONSchemaObject,
  schema,
  validate,
  validateFiles,
  validateMessages,
} from 'sluice'
import t from 'tap'
import { failureOf, runBytes, runText, until } from './run-validate.js'

const flights = schema({ carrier: field.string(), number: field.integer().nullable() }).references('carrier', 'airlines', 'code')
const airlines = 'code,name\nAA,American\nDL,Delta\n007,Bond\n'

function keyed(type: JSONSchemaObject, more: JSONSchemaObject = {}): JSONSchemaObject {
  return {
    type: 'object',
    properties: { k: type },
    ...more,
    'x-foreignKeys': [{ fields: 'k', reference: { resource: 'r', fields: 'id' } }],
  }
}

const bytes = (text: string) => Readable.from([Buffer.from(text)])

t.test('a record whose key is not in the reference is refused', async (t) => {
  const folder = t.testdir({ 'airlines.csv': airlines })
  const resources = { airlines: join(folder, 'airlines.csv') }
  const { valid, violations, report } = await runText('number,carrier\n1,AA\n2,ZZ\n3,DL\n,"Q"\n', flights, { resources, source: 'f.csv' })
  t.equal(valid, 'number,carrier\n1,AA\n3,DL\n')
  t.match(violations, [
    {
      code: 'reference/unknown',
      keyword: 'x-foreignKeys',
      field: 'carrier',
      record: 2,
      line: 3,
      column: 1,
      value: 'ZZ',
      message: /is no code of airlines/,
      params: { fields: ['carrier'], resource: 'airlines', referenceFields: ['code'] },
    },
    { record: 4, value: 'Q' },
  ])
  t.match(report, { counts: { read: 4, valid: 2, invalid: 2, violations: 2 }, streamRules: undefined })
  t.match(report.rules, [{ field: 'carrier', code: 'reference/unknown', count: 2 }])

  const masked = await runText('number,carrier\n2,ZZ\n', flights, { resources, mask: ['carrier'] })
  t.match(masked.violations, [{ value: '***' }])
  const lines = await runText('{"carrier":"AA","number":1}\n{"carrier":"a","number":1}\n{"carrier":"D\\u004c","number":1}\n', flights, {
    resources,
  })
  t.match(lines.violations, [{ record: 2, value: 'a', column: null }])
  t.equal(lines.violations.length, 1)
  const document = await runText('[{"carrier":"AA","number":1},{"carrier":"a","number":1}]', flights, { resources })
  t.match(document.violations, [{ record: 2, value: 'a' }])
})

t.test('text becomes a value in the reference just as in the records', async (t) => {
  const found = async (type: JSONSchemaObject, reference: string, cells: string[], more: JSONSchemaObject = {}) => {
    const text = `k\n${cells.map((cell) => `${cell}\n`).join('')}`
    const { violations } = await runText(text, keyed(type, more), { resources: { r: bytes(reference) } })
    const refused = new Set(violations.filter(({ code }) => code === 'reference/unknown').map(({ record }) => record))
    return cells.filter((_, at) => !refused.has(at + 1))
  }
  const ids = 'id\n007\n1.50\ntrue\n'
  t.strictSame(await found({ type: 'string' }, ids, ['7', '007', '1.5', '1.50', 'true']), ['007', '1.50', 'true'])
  t.strictSame(await found({ type: 'integer' }, ids, ['7', '007', '8']), ['7', '007'])
  t.strictSame(await found({ type: 'number' }, ids, ['7', '7.0', '1.5', '15e-1', '1.6']), ['7', '7.0', '1.5', '15e-1'])
  t.strictSame(
    await found({ type: 'number' }, ids, ['7.0', '8'], { anyOf: [{ required: ['k'] }] }),
    ['7.0'],
    'and by a schema that is not flat',
  )
  t.strictSame(await found({ type: 'boolean' }, ids, ['true', 'false']), ['true'])
  const json = '{"id":7}\n{"id":"8"}\n{"id":1e1}\n{"other":1}\n{"id":null}\n'
  t.strictSame(await found({ type: 'integer' }, json, ['7', '8', '010']), ['7', '010'])
  t.strictSame(await found({ type: 'string' }, json, ['7', '8', '10']), ['8'])
})

t.test('two types of one column, and keys that share what they look up', async (t) => {
  const reference = { resource: 'r', fields: 'id' }
  const both: JSONSchemaObject = {
    properties: { text: { type: 'string' }, number: { type: 'integer' }, other: { type: 'integer' } },
    'x-foreignKeys': ['text', 'number', 'other'].map((fields) => ({ fields, reference })),
  }
  for (const [of, ids] of Object.entries({ csv: 'id\n07\n', ndjson: '{"id":7}\n{"id":"07"}\n' })) {
    const { violations } = await runText('text,number,other\n07,7,07\n7,7,8\n', both, { resources: { r: bytes(ids) } })
    t.match(
      violations,
      [
        { record: 2, field: 'text' },
        { record: 2, field: 'other' },
      ],
      of,
    )
    t.equal(violations.length, 2)
  }
})

t.test('several fields, of which none is missing', async (t) => {
  const places = schema({ country: field.string().optional(), zip: field.string().optional() }).references(['country', 'zip'], 'places', [
    'land',
    'code',
  ])
  const resources = () => ({ places: bytes('code,land\n1010,AT\n1010,\n,DE\n20,DE\n') })
  const { violations, valid } = await runText('country,zip\nAT,1010\nDE,1010\nDE,20\nDE,\n,1010\n,\n', places, { resources: resources() })
  t.match(violations, [{ record: 2, field: null, value: null, params: { fields: ['country', 'zip'], referenceFields: ['land', 'code'] } }])
  t.equal(valid, 'country,zip\nAT,1010\nDE,20\nDE,\n,1010\n,\n')
  const objects = validate(places, { resources: resources() })
  const passed = await Readable.from([{ country: 'AT', zip: '1010' }, { country: 'XX', zip: '1' }, { zip: '9' }])
    .pipe(objects)
    .toArray()
  t.strictSame(passed, [{ country: 'AT', zip: '1010' }, { zip: '9' }])
})

t.test('how a reference is written', async (t) => {
  const folder = t.testdir({
    'a.csv.gz': gzipSync(airlines),
    'a.tsv': airlines.replaceAll(',', '\t'),
    'a.ndjson': '{"code":"AA"}\n{"code":"007"}\n',
    'a.json': '{"items":[{"code":"AA"},{"code":"007"}]}',
    'bare.txt': "AA;x\n'0';y\n'007';z\n",
  })
  const sources = {
    gzip: join(folder, 'a.csv.gz'),
    url: new URL(`file://${folder}/a.tsv`),
    tabs: join(folder, 'a.tsv'),
    ndjson: join(folder, 'a.ndjson'),
    stream: createReadStream(join(folder, 'a.ndjson'), { highWaterMark: 3 }),
    document: { source: join(folder, 'a.json'), recordPath: '$.items[*]' },
    bare: { source: join(folder, 'bare.txt'), delimiter: ';', quote: "'", header: ['code', 'name'] },
    latin1: { source: Readable.from([Buffer.from('code,\xe9\nAA,1\n007,\xe9\n', 'latin1')]), encoding: 'latin1' },
  } as const
  for (const [name, source] of Object.entries(sources)) {
    const { violations } = await runText('carrier,number\nAA,1\n007,1\nno,1\n', flights, { resources: { airlines: source } })
    t.match(violations, [{ record: 3 }], name)
    t.equal(violations.length, 1)
  }
})

t.test('what is wrong with a reference stops the stream before its first record', async (t) => {
  const folder = t.testdir({ 'none.csv': '', 'head.csv': 'code\n', 'torn.csv.gz': gzipSync(airlines.repeat(9)).subarray(0, 40) })
  const of = (source: string | Readable) => async () => {
    let count = 0
    const check = validate(flights, { resources: { airlines: source } })
    const failure = await failureOf(
      pipeline(bytes('carrier,number\nAA,1\n'), check, async (chunks: AsyncIterable<Buffer>) => {
        for await (const _ of chunks) count += 1
      }),
    )
    t.equal(count, 0)
    t.equal(check.counts.read, 0)
    return failure
  }
  t.match(await of(join(folder, 'gone.csv'))(), {
    code: 'reference/unreadable',
    message: /"airlines".*gone\.csv/,
    cause: { code: 'input/not-found' },
  })
  t.match(await of(folder)(), { code: 'reference/unreadable', cause: { code: 'input/unreadable' } })
  t.match(await of(join(folder, 'torn.csv.gz'))(), { code: 'reference/unreadable', cause: { code: 'input/compression' } })
  t.match(await of(join(folder, 'none.csv'))(), { code: 'reference/empty' })
  t.match(await of(join(folder, 'head.csv'))(), { code: 'reference/empty', message: /no record with a value of code/ })
  t.match(await of(bytes('code,name\n,x\n'))(), { code: 'reference/empty' })
  t.match(await of(bytes('{"Code":"AA"}\n'))(), { code: 'reference/empty' })
  t.match(await of(bytes('id,name\nAA,x\n'))(), { code: 'reference/field', message: /code/ })
  t.match(await of(bytes('code,code\nAA,x\n'))(), { code: 'reference/unreadable', cause: { code: 'header/duplicate' } })
  t.match(await of(bytes('code,name\nAA,x\nDL\nUA,z\n'))(), { code: 'reference/record', message: /record 2, line 3.*fields\/short/ })
  t.match(await of(bytes('{"code":"AA"}\n["AA"]\n'))(), {
    code: 'reference/record',
    message: /record 2, line 2\): must be object \(type\); correct it/,
  })
  t.match(await of(bytes('{"code":"AA"}\n{"code":"AA",\n'))(), { code: 'reference/record', message: /json\/syntax/ })
  t.match(await of(Readable.from([{ code: 'AA' }]))(), { code: 'reference/unreadable', message: /objects/ })
  const once = bytes(airlines)
  await runText('carrier,number\nAA,1\n', flights, { resources: { airlines: once } })
  t.match(await of(once)(), { code: 'reference/unreadable', message: /read before/ })
  const failing = new Readable({ read: () => failing.destroy(new Error('the line is dead')) })
  t.match(await of(failing)(), { code: 'reference/unreadable', message: /the line is dead/, cause: { message: 'the line is dead' } })
})

t.test('what is known to be wrong before anything is read', async (t) => {
  t.throws(() => validate(flights), { code: 'reference/missing', message: /code of "airlines".*--reference airlines=/ })
  t.throws(() => validate(flights, { resources: { airlines: 'a.csv', airports: 'b.csv' } }), {
    code: 'reference/unused',
    message: /airports/,
  })
  t.throws(() => validate(schema({ a: field.string() }), { resources: { a: 'a.csv' } }), { code: 'reference/unused' })
  t.throws(() => validate(flights, { resources: { airlines: 7 as never } }), { code: 'option/invalid' })
  t.throws(() => validate(flights, { resources: 'a.csv' as never }), { code: 'option/invalid' })
  t.throws(() => validate(flights, { resources: { airlines: { source: 'a', maxErrors: 3 } as never } }), {
    code: 'option/invalid',
    message: /maxErrors/,
  })
  const resources = { airlines: 'a.csv' }
  const kept = checkpoint(join(t.testdir({}), 'kept.json'))
  t.throws(() => validate(flights, { resources, checkpoint: kept }), { code: 'schema/stream-rule', message: /x-foreignKeys.*checkpoint/ })
  t.throws(() => checkRecord(flights.toJSONSchema(), {}), { code: 'schema/stream-rule' })
  t.throws(() => validateMessages(flights), { code: 'schema/stream-rule', message: /x-foreignKeys/ })
  t.throws(() => flights['~standard'].validate({ carrier: 'AA', number: 1 }), { code: 'schema/stream-rule' })
})

t.test('a schema that cannot be asked', (t) => {
  const key = (given: unknown) => () =>
    validate({ properties: { k: {}, l: {} }, 'x-foreignKeys': given } as JSONSchemaObject, { resources: { r: 'r.csv' } })
  const reference = { resource: 'r', fields: 'id' }
  const twice = { fields: 'k', reference }
  for (const [given, code, at] of [
    [[], 'schema/invalid', '#/x-foreignKeys:'],
    [[{ fields: 'k' }], 'schema/invalid', '#/x-foreignKeys/0:'],
    [[{ fields: 'k', reference: { fields: 'id' } }], 'schema/invalid', '#/x-foreignKeys/0/reference'],
    [[{ fields: 'k', reference: { resource: 'r' } }], 'schema/invalid', '#/x-foreignKeys/0/reference'],
    [[{ fields: 'k', reference: { resource: '', fields: 'id' } }], 'schema/stream-rule', '#/x-foreignKeys/0/reference/resource'],
    [[{ fields: 'm', reference }], 'schema/stream-rule', '#/x-foreignKeys/0/fields'],
    [[{ fields: ['k', 'l'], reference }], 'schema/stream-rule', '#/x-foreignKeys/0/reference/fields'],
    [[{ fields: 'k', reference, onDelete: 'cascade' }], 'schema/invalid', '#/x-foreignKeys/0/onDelete'],
    [[twice, twice], 'schema/stream-rule', '#/x-foreignKeys/1'],
  ] as const)
    t.throws(key(given), { code, message: new RegExp(at.replaceAll(/[/#]/g, '.')) }, at)
  t.throws(() => validate({ properties: { a: keyed({}) } }, { resources: { r: 'r.csv' } }), { code: 'schema/stream-rule' })
  t.throws(() => schema({ k: field.string() }).references('l' as never, 'r', 'id'), { code: 'option/invalid' })
  t.throws(() => flights.references('carrier', 'airlines', 'code'), { code: 'option/invalid', message: /already/ })
  t.throws(() => flights.omit('carrier'), { code: 'option/invalid', message: /x-foreignKeys/ })
  t.strictSame(flights.pick('carrier').toJSONSchema()['x-foreignKeys'], flights.toJSONSchema()['x-foreignKeys'])
  t.strictSame(flights.extend(flights).toJSONSchema()['x-foreignKeys']?.length, 1)
  t.match(
    explain(flights).find(({ keyword }) => keyword === 'x-foreignKeys'),
    { how: 'compiled', note: /references/ },
  )
  t.end()
})

t.test('a CSV without a column of the key is refused', async (t) => {
  const failure = await failureOf(runText('number\n1\n', keyed({}), { resources: { r: bytes('id\n1\n') } }))
  t.match(failure, { code: 'header/missing', message: /"k".*x-foreignKeys/ })
})

t.test('the stream waits for its references, and takes no more than it can hold', async (t) => {
  const reference = new PassThrough()
  const check = validate(flights, { resources: { airlines: reference } })
  let taken = 0
  const source = new Readable({
    objectMode: true,
    read() {
      taken += 1
      this.push(taken === 1 ? Buffer.from('carrier,number\n') : taken < 100 ? Buffer.from('AA,1\n'.repeat(1_000)) : null)
    },
  })
  const done = check.resume() && pipeline(source, check)
  reference.write('code\n')
  await new Promise((resolve) => setTimeout(resolve, 100))
  // One chunk is dealt with and one waits; what a source reads ahead is its own affair.
  t.ok(check.writableLength <= 2, `${check.writableLength} chunks wait`)
  t.ok(taken < 30, 'the source is held back')
  t.equal(check.counts.read, 0)
  reference.end('AA\n')
  await done
  t.equal(check.counts.valid, 98_000)
})

t.test('whoever is stopped while it reads a reference leaves nothing open', async (t) => {
  const path = join(t.testdir({ 'big.csv': `code\n${'AA\n'.repeat(3_000_000)}` }), 'big.csv')
  const isOpen = () =>
    readdirSync('/proc/self/fd').some((name) => {
      try {
        return readlinkSync(`/proc/self/fd/${name}`) === path
      } catch {
        return false
      }
    })
  for (const how of ['signal', 'destroy'] as const) {
    const controller = new AbortController()
    const check = validate(flights, { resources: { airlines: path }, signal: controller.signal })
    const ended = failureOf(pipeline(bytes('carrier,number\nAA,1\n'), check, new PassThrough({ objectMode: true })))
    if (process.platform === 'linux') await until(isOpen)
    if (how === 'signal') controller.abort()
    else check.destroy()
    t.match(await ended, { code: how === 'signal' ? 'ABORT_ERR' : 'ERR_STREAM_PREMATURE_CLOSE' })
    await until(() => !isOpen())
    t.equal(check.counts.read, 0)
  }
})

t.test('references are read once for all inputs', async (t) => {
  const folder = t.testdir({
    'a.csv': 'carrier,number\nAA,1\nZZ,2\n',
    'b.csv': 'carrier,number\n007,1\n',
    'c.csv': 'carrier,number\nQQ,1\n',
  })
  const words = ['a', 'b', 'c'].map((name) => join(folder, `${name}.csv`))
  const outcomes: FileOutcome[] = []
  // A Readable can be read once.
  for await (const outcome of validateFiles(words, flights, { resources: { airlines: bytes(airlines) }, jobs: 3 })) outcomes.push(outcome)
  t.strictSame(
    outcomes.map(({ report }) => report?.counts.valid),
    [1, 1, 0],
  )
  t.strictSame(
    outcomes.map(({ error }) => error),
    [undefined, undefined, undefined],
  )
  const none = validateFiles(words, flights, { resources: { airlines: join(folder, 'gone.csv') } })
  t.match(await failureOf(none.next()), { code: 'reference/unreadable' })
})

t.test('beside keys that are unique, and within little memory', async (t) => {
  const both = schema({ k: field.integer() }).references('k', 'r', 'id').unique('k')
  const ids = `id\n${Array.from({ length: 50_000 }, (_, at) => `${at * 2}\n`).join('')}`
  const input = `k\n${Array.from({ length: 60_000 }, (_, at) => `${at}\n`).join('')}40\n`
  for (const uniqueBytesMax of [1, 64 << 20]) {
    const { report } = await runBytes([Buffer.from(input)], both, { resources: { r: bytes(ids) }, uniqueBytesMax })
    t.match(report.counts, { read: 60_001, valid: 30_000 })
    t.match(report.rules, [
      { code: 'reference/unknown', count: 30_000 },
      { code: 'unique/duplicate', count: 1 },
    ])
  }
})

t.test('of a table schema', async (t) => {
  const table = {
    fields: [
      { name: 'carrier', type: 'string' },
      { name: 'number', type: 'integer' },
    ],
    missingValues: ['-'],
    foreignKeys: [{ fields: 'carrier', reference: { resource: 'airlines', fields: 'code' } }],
  }
  const { violations } = await runText('carrier,number\nAA,1\n-,2\nZZ,3\n', fromTableSchema(table), {
    resources: { airlines: bytes('code\nAA\n-\n') },
  })
  t.match(violations, [{ record: 3, value: 'ZZ' }])
  t.equal(violations.length, 1)
})

t.test('an input of nothing', async (t) => {
  const { report } = await runBytes([Buffer.from('carrier,number\n')], flights, { resources: { airlines: bytes(airlines) } })
  t.equal(report.counts.read, 0)
  t.match(await failureOf(runBytes([], flights, { resources: { airlines: bytes('x\n') } })), { code: 'reference/field' })
})
