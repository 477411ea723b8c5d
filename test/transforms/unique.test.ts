import { fromJSONSchema, type JSONSchemaObject, validate, validateMessages } from 'sluice'
import t from 'tap'
import { failureOf, runBytes, runText } from './run-validate.js'

const people: JSONSchemaObject = {
  type: 'object',
  properties: { id: { type: 'integer' }, country: { type: 'string' }, zip: { type: ['string', 'null'] } },
  required: ['id'],
  'x-unique': ['id', ['country', 'zip']],
}

t.test('the first record with a key passes, later ones name it', async (t) => {
  const { valid, violations, report } = await runText('id,country,zip\n1,AT,1010\n2,AT,1020\n01,DE,1010\n3,AT,1010\n', people, {
    source: 'p.csv',
  })
  t.equal(valid, 'id,country,zip\n1,AT,1010\n2,AT,1020\n')
  t.match(violations, [
    {
      code: 'unique/duplicate',
      keyword: 'x-unique',
      field: 'id',
      record: 3,
      line: 4,
      column: 0,
      value: '01',
      params: { fields: ['id'], first: { record: 1, line: 2, source: 'p.csv' } },
    },
    {
      code: 'unique/duplicate',
      rule: 'country, zip',
      field: null,
      record: 4,
      value: null,
      params: { fields: ['country', 'zip'], first: { record: 1, line: 2, source: 'p.csv' } },
    },
  ])
  t.match(report, {
    counts: { read: 4, valid: 2, invalid: 2, violations: 2 },
    rules: [
      { field: null, code: 'unique/duplicate', rule: 'country, zip', count: 1 },
      { field: 'id', code: 'unique/duplicate', count: 1, samples: [{ record: 3, value: '01' }] },
    ],
  })
})

t.test('values are compared as JSON values', async (t) => {
  const schema = { properties: { k: {} }, 'x-unique': ['k'] }
  const same = ['1', '1.0', '1e0', '10e-1']
  const others = [
    '"1"',
    'true',
    '"true"',
    '[1]',
    '{"a":1,"b":2}',
    '1.00000000000000000001',
    '"a\\u0062"',
    '9007199254740993',
    '9007199254740992',
  ]
  const again = ['[1.0]', '{"b":2e0,"a":1}', '"ab"', '9007199254740992.0']
  const lines = [...same, ...others, ...again].map((value) => `{"k":${value}}\n`).join('')
  const { violations } = await runText(lines, schema)
  t.strictSame(
    violations.map(({ record, params }) => [record, (params as { first: { record: number } }).first.record]),
    [...[2, 3, 4].map((record) => [record, 1]), ...[14, 15, 16, 17].map((record, at) => [record, [8, 9, 11, 13][at]])],
  )
})

t.test('a key with a part that is missing or null is not looked at', async (t) => {
  const rows = ['1,AT,', '2,AT,', '3,,1', '4,,1', '5,AT,1']
  t.equal((await runText(`id,country,zip\n${rows.join('\n')}\n`, people)).violations.length, 0)
  const { violations } = await runText(`id,country,zip\n${rows.join('\n')}\n`, people, { missing: [] })
  t.match(
    violations,
    [{ record: 2 }, { record: 4, params: { first: { record: 3 } } }],
    'where no token means a missing value, an empty text is a value',
  )
  const lines = '{"id":1,"country":"AT"}\n{"id":2,"country":"AT"}\n{"id":3,"country":"AT","zip":null}\n{"id":4,"country":"AT","zip":null}\n'
  t.equal((await runText(lines, people)).violations.length, 0)
})

t.test('a record that is refused for another reason counts, one that cannot be read does not', async (t) => {
  const schema = { ...people, properties: { ...people.properties, id: { maximum: 5 } } } as JSONSchemaObject
  const { violations } = await runText('{"id":9}\n{"id":9}\n{"id":1,}\n{"id":1}\n{"id":1,"id":1}\n{"id":2}\n', schema)
  t.strictSame(
    violations.map(({ code, record }) => `${record} ${code}`),
    ['1 maximum', '2 maximum', '2 unique/duplicate', '3 json/syntax', '5 json/duplicate-key'],
  )
  const last = await runText('{"id":1,"id":2}\n{"id":1}\n{"id":2}\n', people, { duplicateKeys: 'last' })
  t.match(last.violations, [{ record: 3, code: 'unique/duplicate', params: { first: { record: 1 } } }])
})

t.test('maxErrors counts duplicates, and what comes after the stop is not there', async (t) => {
  const { report } = await failureOf(
    runBytes(['id\n1\n1\n1\n1\nx\n'], { ...people, properties: { id: { type: 'integer' } }, 'x-unique': ['id'] }, { maxErrors: 1 }),
  )
  t.match(report, { counts: { read: 3, invalid: 2, violations: 2 }, complete: false })
})

t.test('what could not be decided is decided by a duplicate', async (t) => {
  const schema = { properties: { id: {}, text: { type: 'string', pattern: '^(?=(a+)+$)b' } }, 'x-unique': ['id'] } as JSONSchemaObject
  const lines = `{"id":1}\n{"id":1,"text":"${'a'.repeat(40)}c"}\n{"id":2,"text":"${'a'.repeat(40)}c"}\n`
  for (const onUndecided of ['invalid', 'valid'] as const) {
    const { report, valid } = await runText(lines, schema, { onUndecided, patternStepsMax: 100 })
    t.match(report, { undecided: 1, counts: { read: 3, invalid: onUndecided === 'valid' ? 1 : 2, violations: 3 } }, onUndecided)
    t.equal(valid.includes('"id":2'), onUndecided === 'valid')
  }
})

t.test('violationsPerRecordMax holds for duplicates', async (t) => {
  const { violations, report } = await runText('{"id":1}\n{"id":1,"country":5}\n', people, { violationsPerRecordMax: 1 })
  t.match(violations, [{ code: 'type' }])
  t.match(report, { violationsUnwritten: 1, counts: { violations: 2 } })
})

t.test('objects, JSON documents, other encodings', async (t) => {
  const rows = [{ id: 1 }, { id: 2 }, { id: 1 }]
  const refused: unknown[] = []
  const check = validate(people).on('refused', (refusal) => refused.push(refusal))
  const passed: unknown[] = []
  check.on('data', (record) => passed.push(record))
  for (const row of rows) check.write(row)
  check.end()
  await new Promise((resolve) => check.once('end', resolve))
  t.strictSame(passed, rows.slice(0, 2))
  t.match(refused, [{ index: 2, violations: [{ code: 'unique/duplicate', params: { first: { record: 1, line: undefined } } }] }])
  const document = await runText(JSON.stringify(rows, null, 1), people, { format: 'json' })
  t.match(document.violations, [{ record: 3, line: 8, recordPointer: '/2', pointer: '/id', params: { first: { record: 1, line: 2 } } }])
  t.equal(document.valid, '{   "id": 1  }\n{   "id": 2  }\n')
  const cells = await runText(Buffer.from('id,country,zip\n1,ä,x\n2,b,x\n1,c,x\n', 'utf16le'), people, { encoding: 'utf-16le' })
  t.match(cells.violations, [{ record: 3, line: 4, byte: 54 }])
})

t.test("emit: 'all' and a rule in JavaScript", async (t) => {
  const schema = fromJSONSchema(people).check('even', (record) => Number(record.id) % 2 === 0 || 'is odd')
  const { valid, violations } = await runText('{"id":1}\n{"id":1}\n{"id":2}\n{"id":2}\n', schema)
  t.equal(valid, '{"id":2}\n')
  t.strictSame(
    violations.map(({ code, record }) => `${record} ${code}`),
    ['1 check/refused', '2 unique/duplicate', '4 unique/duplicate'],
  )
})

t.test('where there is no whole stream, the schema is refused', async (t) => {
  const refused = { code: 'schema/stream-rule', message: /x-unique/ }
  t.throws(() => fromJSONSchema(people)['~standard'].validate({ id: 1 }), refused)
  t.throws(() => validateMessages(people), refused)
  const { checkpoint } = await import('sluice')
  t.throws(() => validate(people, { checkpoint: checkpoint('never-made') }), refused)
})

t.test('a key that would never be asked of anything is refused', async (t) => {
  const compiled =
    (unique: unknown, more: object = {}) =>
    () =>
      validate({ properties: { id: {} }, ...more, 'x-unique': unique } as JSONSchemaObject)
  for (const [unique, message] of [
    [['ID'], /no field "ID"/],
    [['id', ['id']], /twice/],
    [[['id', 'id']], /twice/],
  ] as const)
    t.throws(compiled(unique), { code: 'schema/stream-rule', message })
  for (const unique of ['id', [], [[]], [1], [[1]]]) t.throws(compiled(unique), { code: 'schema/invalid' }, JSON.stringify(unique))
  t.throws(() => validate({ properties: { a: { 'x-unique': ['id'] } } }), { code: 'schema/stream-rule', message: /at the top/ })
  t.match(await failureOf(runBytes(['a\n1\n'], { properties: { id: {} }, 'x-unique': ['id'] })), { code: 'header/missing' })
  t.doesNotThrow(compiled(['other'], { required: ['other'] }))
})

t.test('a temporary directory that is none is told of when memory is full', async (t) => {
  const options = { uniqueBytesMax: 1, temporaryDirectory: '/nowhere/at/all' }
  const rows = (count: number) => Array.from({ length: count }, (_, at) => `{"id":${at}}\n`).join('')
  t.match(await failureOf(runBytes([rows(50_000)], people, options)), { code: 'unique/spill', message: /nowhere.*temporaryDirectory/ })
  t.equal((await runText(rows(10), people, options)).counts.valid, 10)
})

t.test('beside severities', async (t) => {
  const warned = { properties: { id: {}, text: { maxLength: 1, 'x-severity': 'warning' } }, 'x-unique': ['id'] } as JSONSchemaObject
  const { valid, report } = await runText('{"id":1,"text":"ab"}\n{"id":1,"text":"ab"}\n', warned)
  t.equal(valid, '{"id":1,"text":"ab"}\n')
  t.match(report, { undecided: 0, counts: { read: 2, valid: 1, invalid: 1, violations: 1, warnings: 2 } })
  t.throws(() => validate({ ...warned, required: ['id'], 'x-severity': 'warning' } as JSONSchemaObject), {
    code: 'schema/severity',
    message: /x-unique/,
  })
  t.throws(() => validate({ ...warned, 'x-severity': { 'x-unique': 'warning' } } as JSONSchemaObject), { code: 'schema/severity' })
})

t.test('a stream that a rule in JavaScript stops has the duplicates before the stop', async (t) => {
  const schema = fromJSONSchema(people).check('small', (record) => Number(record.id) < 5 || 'is too large')
  const rows = [1, 1, 2, 7, 2, 8, 8].map((id) => `{"id":${id}}\n`).join('')
  const { report } = await failureOf(runBytes([rows], schema, { maxErrors: 1 }))
  t.match(report, {
    complete: false,
    counts: { read: 4, valid: 2, invalid: 2 },
    rules: [{ code: 'check/refused' }, { code: 'unique/duplicate', count: 1 }],
  })
})
