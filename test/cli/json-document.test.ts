import * as fs from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { people, sluice } from './run-filter.js'

const document = '{"version": 1,\n "people": [\n  {"id": 1, "age": 20},\n  {"id": 2,\n   "age": 3}\n]}\n'
const schema = ['--schema', 'people.schema.json']
const files = { 'people.schema.json': people['people.schema.json'], 'people.json': document, 'array.json': '[{"id":1,"age":20}]' }

t.test('records of a document, by their path', async (t) => {
  const cwd = t.testdir(files)
  const words = ['--record-path', '$.people[*]', '--invalid', 'bad.ndjson', '--violations', 'why.ndjson']
  const outcome = await sluice(['validate', 'people.json', ...schema, ...words, '--valid', '-'], { cwd })
  t.strictSame(outcome, { code: 1, stdout: '{"id": 1, "age": 20}\n', stderr: '' })
  t.equal(fs.readFileSync(join(cwd, 'bad.ndjson'), 'utf8'), '{"id": 2,    "age": 3}\n')
  const violation = JSON.parse(fs.readFileSync(join(cwd, 'why.ndjson'), 'utf8'))
  t.match(violation, { code: 'minimum', record: 2, line: 4, byte: 54, pointer: '/age', recordPointer: '/people/1', source: 'people.json' })
  const again = await sluice(['validate', 'bad.ndjson', ...schema], { cwd })
  t.match(again, { code: 1, stdout: '' })
})

t.test('an array by its name or first byte, from a file or standard input', async (t) => {
  const cwd = t.testdir(files)
  const expected = { code: 0, stdout: '{"id":1,"age":20}\n', stderr: '' }
  t.strictSame(await sluice(['validate', 'array.json', ...schema], { cwd }), expected)
  t.strictSame(await sluice(['validate', ...schema], { cwd, input: files['array.json'] }), expected)
  t.strictSame(await sluice(['validate', ...schema, '--format', 'json'], { cwd, input: files['array.json'] }), expected)
})

t.test('what cannot be read ends in one sentence and exit code 2', async (t) => {
  const cwd = t.testdir({ ...files, 'cut.json': '[{"id":1,"age":20},{"id":2' })
  const run = async (...words: string[]) => {
    const { code, stderr } = await sluice(['validate', ...words, ...schema], { cwd })
    t.equal(code, 2)
    return stderr
  }
  t.match(await run('people.json'), /^sluice: The document is an object, not an array .* \[input\/no-records\]\n$/)
  t.match(await run('people.json', '--record-path', '$.persons[*]'), /\$\['persons'\] is not\. \[input\/no-records\]\n$/)
  t.match(await run('people.json', '--record-path', '$..people'), /descendants.*\[option\/invalid\]\n$/)
  t.match(await run('people.json', '--record-path', '$[*]', '--format', 'csv'), /recordPath is for the format json.*\[option\/invalid\]\n$/)
  t.match(await run('cut.json', '--valid', 'ok.ndjson', '--report', 'r.json'), /broken at byte 26 \(line 1\).*byte 19.*\[input\/json\]\n$/)
  t.notOk(fs.existsSync(join(cwd, 'ok.ndjson')))
  t.match(JSON.parse(fs.readFileSync(join(cwd, 'r.json'), 'utf8')), { complete: false, counts: { read: 1, valid: 1 } })
})
