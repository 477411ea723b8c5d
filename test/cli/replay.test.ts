import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { deadLetterHeaders, deadLetterSource, deadLetters, field, type Message, originalMessage, schema, validateMessages } from 'sluice'
import t from 'tap'
import { sluice } from './run-filter.js'

const strict = schema({ name: field.string(), age: field.integer().min(18) })
const corrected = JSON.stringify({
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer', minimum: 0 } },
  required: ['name', 'age'],
})
const messages: Message[] = [
  {
    topic: 'people',
    partition: 1,
    offset: '7',
    key: 'k1',
    value: '{\n"name":"Ada",\n"age":3}',
    headers: { trace: Buffer.from([0xff, 0]) },
  },
  { topic: 'people', partition: 0, offset: '9', key: null, value: '{"name":5,"age":3}' },
  { topic: 'people', partition: 0, offset: '10', key: null, value: null },
]

async function lettersIn(folder: string): Promise<string> {
  const path = join(folder, 'dead.ndjson')
  const write = deadLetters(path)
  const verdicts = await validateMessages(strict, { tombstones: 'invalid' }).batch(messages)
  await write(verdicts.filter(({ valid }) => !valid))
  return path
}

const all = (path: string): Promise<Message[]> => Readable.from(deadLetterSource(path)).toArray()

t.test('what a corrected schema takes goes on as it was, the rest stays dead', async (t) => {
  const cwd = t.testdir({ 'new.json': corrected })
  await lettersIn(cwd)
  const words = ['replay', 'dead.ndjson', '--schema', 'new.json', '--valid', 'ok.ndjson', '--invalid', 'still.ndjson']
  const { code, stdout, stderr } = await sluice([...words, '--tombstones', 'invalid'], { cwd })
  t.same([code, stdout, stderr], [1, '', '3 dead letters read, 1 valid now, 2 still invalid\n'])
  const [valid] = await all(join(cwd, 'ok.ndjson'))
  const original = { topic: 'people', partition: 1, offset: '7', key: Buffer.from('k1'), value: Buffer.from(String(messages[0]?.value)) }
  t.same(valid, { ...original, headers: { trace: Buffer.from([0xff, 0]) } })
  const still = await all(join(cwd, 'still.ndjson'))
  t.same(
    still.map(originalMessage).map(({ partition, offset }) => [partition, offset]),
    [
      [0, '9'],
      [0, '10'],
    ],
  )
  const told = JSON.parse(String((still[0]?.headers as Record<string, unknown>)[deadLetterHeaders.violations]))
  t.match(told, [{ code: 'type', field: 'name' }], 'and say what is wrong now')
})

t.test('values alone, from standard input to standard output', async (t) => {
  const cwd = t.testdir({ 'new.json': corrected })
  const input = await readFile(await lettersIn(cwd), 'utf8')
  const outcome = await sluice(['replay', '-', '--schema', 'new.json', '--values', '--invalid', 'still.ndjson'], { cwd, input })
  t.same([outcome.code, outcome.stdout], [1, '{ "name":"Ada", "age":3}\n'])
  t.equal((await all(join(cwd, 'still.ndjson'))).length, 2, 'a tombstone has no line, and is not lost')
})

t.test('when all are valid, it says so', async (t) => {
  const cwd = t.testdir({ 'any.json': 'true' })
  await lettersIn(cwd)
  const outcome = await sluice(['replay', 'dead.ndjson', '--schema', 'any.json', '--valid', 'ok.ndjson', '--invalid', 'still.ndjson'], {
    cwd,
  })
  t.same([outcome.code, outcome.stderr], [0, '3 dead letters read, 3 valid now, 0 still invalid\n'])
  t.equal(await readFile(join(cwd, 'still.ndjson'), 'utf8'), '')
})

t.test('what cannot be done is told, and leaves no file', async (t) => {
  const cwd = t.testdir({ 'new.json': corrected, 'torn.ndjson': '' })
  const path = await lettersIn(cwd)
  const whole = await readFile(path, 'utf8')
  const { writeFile, readdir } = await import('node:fs/promises')
  await writeFile(join(cwd, 'torn.ndjson'), whole.slice(0, -20))
  const run = (...words: string[]) => sluice(['replay', ...words, '--schema', 'new.json'], { cwd })
  t.match(await run('torn.ndjson', '--valid', 'a', '--invalid', 'b'), {
    code: 2,
    stderr: /Line 3 of torn\.ndjson .*\[input\/dead-letter\]/,
  })
  t.match(await run('none.ndjson', '--invalid', 'b'), { code: 2, stderr: /\[input\/not-found\]/ })
  t.match(await run('dead.ndjson', '--invalid', './dead.ndjson'), { code: 2, stderr: /The input and --invalid .*\[sink\/same-path\]/ })
  t.match(await run('dead.ndjson', '--valid', 'dead.ndjson', '--invalid', 'b'), { code: 2, stderr: /\[sink\/same-path\]/ })
  t.match(await run('dead.ndjson', '--valid', 'c', '--invalid', 'c'), { code: 2, stderr: /\[sink\/same-path\]/ })
  t.match(await run('dead.ndjson', '--valid', 'c'), { code: 2, stderr: /Missing option: --invalid/ })
  t.match(await run('dead.ndjson', '--values', '--tombstones', 'valid', '--invalid', 'c'), { code: 2, stderr: /\[option\/invalid\]/ })
  t.same((await readdir(cwd)).sort(), ['dead.ndjson', 'new.json', 'torn.ndjson'])
  t.equal(await readFile(path, 'utf8'), whole)
})
