import { Readable } from 'node:stream'
import { type TableDialect, type ValidateOptions, validate } from 'sluice'
import t from 'tap'
import { failureOf, parsed, pieces, runBytes, runText } from './run-validate.js'

const schema = { properties: { a: { type: 'integer' } }, required: ['a'] } as const

t.test('every property of a Table Dialect is enforced or refused by its name', async (t) => {
  const refused: [keyof TableDialect | string, unknown, ValidateOptions?][] = [
    ['$schema', 'https://example.org/mine.json'],
    ['csvddfVersion', 2],
    ['delimiter', '::'],
    ['delimiter', '→'],
    ['delimiter', 1],
    ['lineTerminator', ';'],
    ['quoteChar', '""'],
    ['quoteChar', null],
    ['doubleQuote', false],
    ['doubleQuote', true, { escape: '\\' }],
    ['doubleQuote', 'yes'],
    ['escapeChar', '\\'],
    ['nullSequence', 0],
    ['skipInitialSpace', 1],
    ['header', false],
    ['header', true, { header: ['a'] }],
    ['headerRows', [1, 2]],
    ['headerRows', []],
    ['headerJoin', 1],
    ['commentRows', [2]],
    ['commentChar', '//'],
    ['caseSensitiveHeader', false],
    ['property', 'rows'],
    ['itemType', 'array'],
    ['itemKeys', []],
    ['sheetNumber', 1],
    ['sheetName', 'x'],
    ['table', 'x'],
    ['toString', 'x'],
    ['encoding', 'utf-8'],
  ]
  for (const [name, value, options] of refused) {
    const dialect = { [name]: value } as TableDialect
    t.throws(
      () => validate(schema, { ...options, dialect }),
      { code: 'option/invalid', message: `dialect's ${name} is` },
      `${name} ${value}`,
    )
  }
  for (const dialect of [null, [], 'x'] as never[]) t.throws(() => validate(schema, { dialect }), { code: 'option/invalid' })
  t.throws(() => validate(schema, { dialect: {}, format: 'ndjson' }), { code: 'option/invalid' })
  t.throws(() => validate(schema, { dialect: { delimiter: ' ', skipInitialSpace: true } }), { code: 'option/invalid' })
  t.throws(() => validate(schema, { dialect: { delimiter: ';', quoteChar: ';' } }), { code: 'option/invalid' })
  const harmless: TableDialect = {
    $schema: 'https://datapackage.org/profiles/2.0/tabledialect.json',
    csvddfVersion: 1.2,
    delimiter: ',',
    lineTerminator: '\n',
    quoteChar: '"',
    doubleQuote: true,
    header: true,
    headerRows: [1],
    headerJoin: ' ',
    commentRows: [],
    caseSensitiveHeader: true,
    skipInitialSpace: false,
  }
  t.match((await runText('a,b\r1,"x""y"\r\n2,x\n', schema, { dialect: harmless })).counts, { read: 3 - 1, valid: 2 })
  const escaped = { dialect: { doubleQuote: false, escapeChar: '\\' }, escape: '\\' }
  t.match((await runText('a,b\n1,"x\\"y"\n', schema, escaped)).counts, { valid: 1 })
  t.match((await runText('{"a":1},b\n', true, { dialect: { quoteChar: '' } })).report, { format: 'csv' }, 'never NDJSON')
  t.match((await runText('a\n""\nNA\n', schema, { dialect: { nullSequence: 'NA' } })).violations, [
    { code: 'required' },
    { code: 'required' },
  ])
})

t.test('a dialect decides the delimiter of a .tsv as well, and an option before it', async (t) => {
  const input = 'a,b\n1,x\n'
  const named = () => Object.assign(Readable.from([Buffer.from(input)]), { path: 'in.tsv' })
  const gate = named().pipe(validate(schema, { dialect: {} }))
  t.equal(Buffer.concat(await gate.toArray()).toString(), input)
  t.equal(gate.report?.delimiter, ',')
  const sniffed = named().pipe(validate(schema, { delimiter: 'auto' }))
  await sniffed.toArray()
  t.match(sniffed.report, { delimiter: ',', delimiterConfidencePercent: 66 })
})

t.test('texts are decoded already', async (t) => {
  const options = { encoding: 'latin1' } as const
  t.match(await failureOf(runBytes(['a\n1\n'], schema, options)), { code: 'option/invalid' })
  t.match((await runBytes(['a\n1\n'], schema, { encoding: 'utf-8' })).counts, { valid: 1 })
  const objects = Readable.from([{ a: 1 }]).pipe(validate(schema, options))
  t.strictSame(await objects.toArray(), [{ a: 1 }], 'and objects have none')
  t.equal(objects.report?.encoding, null)
  t.throws(() => validate(schema, { encoding: 'ebcdic' as never }), { code: 'option/invalid' })
})

t.test('NUL bytes, in names and in cells', async (t) => {
  const outcome = await runText('a,b\0,\0\n1,\0\0,x\n\0,y,z\n', schema)
  t.match(outcome, { valid: 'a,b\0,\0\n1,\0\0,x\n', violations: [{ code: 'type', column: 0, value: '\0' }] })
})

t.test('a hundred thousand columns, and the right one named', async (t) => {
  const names = Array.from({ length: 100_000 }, (_, at) => `c${at}`)
  const row = names.map(() => '1')
  const bad = row.with(77_777, 'x')
  const input = Buffer.from([names, row, bad].map((cells) => cells.join(',')).join('\n'))
  const wide = { properties: Object.fromEntries(names.map((name) => [name, { type: 'integer' }])) } as never
  const outcome = await runBytes(pieces(input, 65_536), wide)
  t.match(parsed(outcome.violations), [{ code: 'type', field: 'c77777', column: 77_777, record: 2, line: 3 }])
})

t.test('a field of 64 MB takes no more memory than its limit', async (t) => {
  const block = Buffer.alloc(2 ** 20, 'x')
  function* input(front: string) {
    yield Buffer.from(`a,b\n1,ok\n${front}`)
    for (let at = 0; at < 64; at += 1) yield block
    yield Buffer.from('\n3,ok\n')
  }
  for (const [front, code] of [
    ['2,', 'record/too-large'],
    ['2,"', 'quote/unclosed'],
  ] as const) {
    const before = process.memoryUsage.rss()
    let most = 0
    const gate = Readable.from(input(front), { highWaterMark: 1 }).pipe(validate(schema, { recordBytesMax: 2 ** 20 }))
    let bytes = 0
    for await (const chunk of gate) {
      bytes += chunk.length
      most = Math.max(most, process.memoryUsage.rss() - before)
    }
    t.match(gate.report, { counts: { read: 3, valid: 2, invalid: 1 }, rules: [{ code, count: 1, samples: [{ line: 3 }] }] })
    t.equal(bytes, 'a,b\n1,ok\n3,ok\n'.length)
    t.ok(most < 160 * 2 ** 20, `${most} bytes more`)
  }
})

t.test('lines that end with carriage returns alone', async (t) => {
  const lines = 200_000
  const input = Buffer.from(`a,b\r${'1,x\r'.repeat(lines)}`)
  const outcome = await runBytes(pieces(input, 65_536), schema, { batchBytes: 16_384 })
  t.match(outcome.counts, { read: lines, valid: lines })
  t.equal(outcome.valid.length, input.length)
})
