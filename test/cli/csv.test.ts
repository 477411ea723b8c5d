import * as fs from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type Outcome, sluice } from './run-filter.js'

const schema = JSON.stringify({ properties: { id: { type: 'integer' }, name: { type: 'string' }, note: true }, required: ['id', 'name'] })
const strict = JSON.stringify({ ...JSON.parse(schema), additionalProperties: false })

interface Told extends Outcome {
  codes: string[]
  report: any
}

/** Runs the filter over `input`, and reads what it wrote. */
async function run(cwd: string, input: string | Buffer, ...words: string[]): Promise<Told> {
  fs.writeFileSync(join(cwd, 'in.csv'), input)
  for (const name of ['v.ndjson', 'r.json']) fs.rmSync(join(cwd, name), { force: true })
  const outcome = await sluice(['validate', 'in.csv', '--violations', 'v.ndjson', '--report', 'r.json', '--valid', '-', ...words], { cwd })
  const read = (name: string) => (fs.existsSync(join(cwd, name)) ? fs.readFileSync(join(cwd, name), 'utf8') : '')
  const codes = read('v.ndjson')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line).code)
  return { ...outcome, codes, report: JSON.parse(read('r.json') || '{}') }
}

const loose = ['--schema', 's.json']
const closed = ['--schema', 'strict.json']
const folder = { 's.json': schema, 'strict.json': strict }

t.test('headers that are an error, up front, with nothing written', async (t) => {
  const cwd = t.testdir(folder)
  const cases: [string, string, string, ...string[]][] = [
    ['missing', 'header/missing', 'id,note\n1,x\n', ...loose],
    ['extra', 'header/extra', 'id,name,other\n1,x,y\n', ...closed],
    ['duplicate', 'header/duplicate', 'id,name,id\n1,x,2\n', ...loose],
    ['of another case', 'header/case', 'ID,name\n1,x\n', ...loose],
    ['with a space', 'header/case', 'id, name\n1,x\n', ...loose],
    ['empty', 'header/malformed', '\n1,x\n', ...loose],
    ['of empty names', 'header/malformed', ',\n1,x\n', ...loose],
    ['blank, and the real one after it', 'header/malformed', '\nid,name\n1,x\n', ...loose],
    ['with a stray quote', 'header/malformed', 'id,"name"x\n1,x\n', ...loose],
    ['with a quote in a name', 'header/malformed', 'id,na"me\n1,x\n', ...loose],
    ['with a quote that does not close', 'header/malformed', 'id,"name\n1,x\n', ...loose],
    ['that is data', 'header/missing', '1,x\n2,y\n', ...loose],
    ['none, in an empty file', 'input/empty', '', ...loose],
    ['none, but a byte order mark', 'header/malformed', '\ufeff', ...loose],
    ['named twice', 'header/duplicate', '1,x\n', ...loose, '--header', 'id,name,id'],
    ['named, and one is missing', 'header/missing', '1,x\n', ...loose, '--header', 'id,note'],
  ]
  for (const [name, code, input, ...words] of cases) {
    const outcome = await run(cwd, input, ...words)
    t.match(outcome, { code: 2, stdout: '', codes: [] }, name)
    t.match(outcome.stderr, `[${code}]`, name)
  }
})

t.test('headers that are read as they are', async (t) => {
  const cwd = t.testdir(folder)
  const valid = async (name: string, input: string, ...words: string[]) => {
    t.match(await run(cwd, input, ...words), { code: 0, stdout: input.replace('\ufeff', ''), stderr: '', codes: [] }, name)
  }
  await valid('in another order', 'name,id\nx,1\n', ...loose)
  await valid('with a column that the schema does not know', 'id,name,other\n1,x,y\n', ...loose)
  await valid('without an optional column', 'id,name\n1,x\n', ...closed)
  await valid('alone', 'id,name\n', ...loose)
  await valid('alone, and its line does not end', 'id,name', ...loose)
  await valid('with one name that is empty', 'id,name,\n1,x,y\n', ...loose)
  await valid('with a byte order mark and a quoted first name', '\ufeff"id","name"\n1,x\n', ...loose)
  await valid('in quotes with a delimiter and a line end', '"other,\n",id,name\n0,1,x\n', ...loose)
  await valid('after comments', '# one\n#"two\nid,name\n1,x\n', ...loose, '--comment', '#')
  await valid('an empty file that is allowed', '', ...loose, '--allow-empty')
  // Without a required column nothing tells data from names: the first record is the header, as documented.
  fs.writeFileSync(join(cwd, 'any.json'), '{}')
  const data = await run(cwd, '1,x\n2,y\n', '--schema', 'any.json')
  t.match(data, { code: 0, report: { counts: { read: 1 } } })
})

t.test('names that are given, and ragged records', async (t) => {
  const cwd = t.testdir(folder)
  const words = [...loose, '--header', 'id,name']
  t.match(await run(cwd, '1,x\n2\n3,x,y\n\nx,y\n4,z', ...words), {
    code: 1,
    stdout: '1,x\n4,z',
    codes: ['fields/short', 'fields/long', 'fields/short', 'type'],
    report: { counts: { read: 6, valid: 2 } },
  })
  t.match(await run(cwd, 'id,name\n1,x\n', ...words), { code: 1, stdout: '1,x\n', codes: ['type'] }, 'a header row is data then')
})

t.test('encodings', async (t) => {
  const cwd = t.testdir(folder)
  const text = 'id,name\n1,é€\nx,𝄞\n'
  const utf16 = Buffer.from(`\ufeff${text}`, 'utf16le')
  const one = await run(cwd, utf16, ...loose)
  t.match(one, { code: 1, stdout: 'id,name\n1,é€\n', codes: ['type'], report: { encoding: 'utf-16le', bytes: utf16.length } })
  t.match(one.report.rules[0].samples[0], { byte: utf16.indexOf(Buffer.from('x,', 'utf16le')), line: 3 })
  const named = await run(cwd, Buffer.from(utf16).swap16().subarray(2), ...loose, '--encoding', 'utf-16be')
  t.match(named, { code: 1, stdout: 'id,name\n1,é€\n', report: { encoding: 'utf-16be', bytes: utf16.length - 2 } })
  const western = Buffer.from('id,name\n1,\xe9\x80\n', 'latin1')
  t.match(await run(cwd, western, ...loose), { code: 1, codes: ['encoding/utf8'], report: { encoding: 'utf-8' } })
  t.match(await run(cwd, western, ...loose, '--encoding', 'latin1'), {
    code: 0,
    stdout: 'id,name\n1,é\u0080\n',
    report: { encoding: 'latin1' },
  })
  t.match(await run(cwd, western, ...loose, '--encoding', 'windows-1252'), { code: 0, stdout: 'id,name\n1,é€\n' })
  const half = Buffer.concat([Buffer.from('\ufeffid,name\n1,', 'utf16le'), Buffer.from([0, 0xd8]), Buffer.from('\n2,x\n', 'utf16le')])
  t.match(await run(cwd, half, ...loose), { code: 1, stdout: 'id,name\n2,x\n', codes: ['encoding/utf16'] })
  for (const [bytes, ...words] of [
    [Buffer.from('fffe000069000000', 'hex')],
    [utf16, '--encoding', 'utf-8'],
    [utf16.subarray(2)],
  ] as const) {
    const refused = await run(cwd, bytes, ...loose, ...words)
    t.equal(refused.code, 2)
    t.match(refused.stderr, '[input/encoding]')
  }
  t.match((await run(cwd, text, ...loose, '--encoding', 'ebcdic')).stderr, '[option/invalid]')
  t.match((await run(cwd, utf16, ...loose, '--progress')).stderr, ', utf-16le')
})

t.test('a delimiter that is looked for', async (t) => {
  const cwd = t.testdir(folder)
  const auto = [...loose, '--delimiter', 'auto']
  const found = await run(cwd, 'id;name\n1;"x,y"\n2;y\n', ...auto, '--progress')
  t.match(found, { code: 0, report: { delimiter: ';', delimiterConfidencePercent: 75 } })
  t.match(found.stderr, "delimiter ';' (75% sure)")
  t.match(await run(cwd, 'id,name\n1,x\n', ...loose), { report: { delimiter: ',', delimiterConfidencePercent: null } })
  for (const input of ['id\n1\n', 'id;name,note\n1;x,y\n']) {
    const outcome = await run(cwd, input, ...auto)
    t.equal(outcome.code, 2)
    t.match(outcome.stderr, '[input/delimiter]')
  }
})

t.test('a Table Dialect', async (t) => {
  const cwd = t.testdir(folder)
  const dialect = (descriptor: unknown) => fs.writeFileSync(join(cwd, 'd.json'), JSON.stringify(descriptor))
  const words = [...loose, '--dialect', 'd.json']
  dialect({ delimiter: ';', quoteChar: "'", commentChar: '#', nullSequence: 'NA', skipInitialSpace: true, header: true })
  const input = "id; name\n# x\n1; 'a;b'\n2; NA\n"
  t.match(await run(cwd, input, ...words), { code: 1, stdout: "id; name\n# x\n1; 'a;b'\n", codes: ['required'] })
  dialect({ header: false })
  t.match(await run(cwd, '1,x\n', ...words, '--header', 'id,name'), { code: 0, stdout: '1,x\n' })
  t.match((await run(cwd, '1,x\n', ...words)).stderr, /header is false: name the columns/)
  dialect({ delimiter: ';' })
  t.match(await run(cwd, 'id,name\n1,x\n', ...words, '--delimiter', ','), { code: 0 }, 'an option comes before it')
  fs.writeFileSync(join(cwd, 'd.json'), '{"delimiter": ";",')
  t.match((await run(cwd, input, ...words)).stderr, /d\.json is not sound JSON: line 1.*\[option\/invalid\]/)
  t.match((await run(cwd, input, ...loose, '--dialect', 'none.json')).stderr, /none\.json does not exist.*\[option\/invalid\]/)
})

t.test('a blank line is a record, or none', async (t) => {
  const cwd = t.testdir({ 'in.csv': 'a,b\n1,2\n\n3,4\n', 's.json': '{"properties":{"a":{"type":"integer"}}}' })
  const words = ['validate', 'in.csv', '--schema', 's.json']
  t.match(await sluice(words, { cwd }), { code: 1, stdout: 'a,b\n1,2\n3,4\n' })
  t.match(await sluice([...words, '--skip-blank-lines'], { cwd }), { code: 0, stdout: 'a,b\n1,2\n\n3,4\n' })
})
