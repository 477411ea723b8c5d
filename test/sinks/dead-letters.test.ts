import { appendFile, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import {
  deadLetterHeaders,
  deadLetterSource,
  deadLetters,
  type Message,
  messageLimits,
  messageLine,
  originalMessage,
  validateMessages,
} from 'sluice'
import t from 'tap'

const folder = t.testdir()
const nothing = validateMessages(false)
const all = (path: string): Promise<Message[]> => Readable.from(deadLetterSource(path)).toArray()
const bytes = fc.uint8Array({ maxLength: 30 }).map((each) => Buffer.from(each))
const headerName = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 }),
  fc.constantFrom('a\u2028b', '__proto__', 'a\nb', ''),
)
const headers = fc.array(fc.tuple(headerName, bytes), { maxLength: 4 })
const messages = fc.array(
  fc.record({
    topic: fc.string({ unit: 'grapheme' }),
    partition: fc.oneof(fc.nat(), fc.constant('shardId-000')),
    offset: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(String),
    key: fc.option(bytes),
    value: fc.option(bytes),
    headers: headers.map((pairs) => Object.fromEntries(pairs)),
  }),
  { minLength: 1, maxLength: 5 },
)

t.test('a message comes back from a file as it was, also when it has died twice', async (t) => {
  let turn = 0
  await fc.assert(
    fc.asyncProperty(messages, async (given) => {
      turn += 1
      const [once, twice] = [join(folder, `once-${turn}`), join(folder, `twice-${turn}`)]
      const check = validateMessages(false, { tombstones: 'invalid' })
      await deadLetters(once)(await check.batch(given))
      await deadLetters(twice)(await check.batch(await all(once)))
      for (const path of [once, twice]) {
        const back = (await all(path)).map(originalMessage).map((message) => messageLine(message))
        if (back.join() !== given.map(messageLine).join()) throw new Error(`${back} is not ${given.map(messageLine)}`)
      }
    }),
    { numRuns: 100 },
  )
  t.pass('for 100 files')
})

t.test('a sink gets key, value and headers as they came, and what is wrong beside them', async (t) => {
  const letters: Message[] = []
  const value = Buffer.from('{"a":1}')
  const message = {
    topic: 'orders',
    partition: 2,
    offset: 5n,
    key: 'k',
    value,
    headers: new Map([[Buffer.from('trace'), Buffer.from('x')]]),
    extra: 1,
  }
  await deadLetters((all) => letters.push(...all))(await nothing.batch([message]))
  const [letter] = letters
  t.equal(letter?.value, value)
  t.equal(letter?.key, 'k')
  t.match(letter?.headers, {
    trace: Buffer.from('x'),
    'sluice-topic': 'orders',
    'sluice-partition': '2',
    'sluice-offset': '5',
    'sluice-violation-count': '1',
  })
  const { headers = {} } = letter as { headers: Record<string, string> }
  t.match(JSON.parse(headers[deadLetterHeaders.violations] as string), [{ code: 'false-schema', source: 'orders/2/5' }])
  t.equal(headers[deadLetterHeaders.schemaDigest], (await nothing.batch([message]))[0]?.schemaDigest)
})

t.test('a letter has no more violations than fit, and says how many there are', async (t) => {
  const letters: Message[] = []
  const many = validateMessages({ items: { type: 'string' } })
  await deadLetters((all) => letters.push(...all))(await many.batch([{ value: JSON.stringify(Array(900).fill(1)) }]))
  const headers = letters[0]?.headers as Record<string, string>
  const written = headers[deadLetterHeaders.violations] as string
  t.ok(written.length <= messageLimits.violationBytesMax.default)
  t.ok(JSON.parse(written).length > 10)
  t.equal(headers[deadLetterHeaders.violationCount], '900')
  const none: Message[] = []
  await deadLetters((all) => none.push(...all), { violationBytesMax: 5 })(await nothing.batch([{ value: '1' }]))
  t.match(none[0]?.headers, { [deadLetterHeaders.violations]: '[]', [deadLetterHeaders.violationCount]: '1' })
  t.throws(() => deadLetters('x', { violationBytesMax: 0 }), { code: 'option/invalid' })
})

t.test('a file grows, may be moved away, and a line that a crash cut off stays alone', async (t) => {
  const path = join(folder, 'growing')
  const write = deadLetters(path)
  const letter = async (value: string) => write(await nothing.batch([{ value }]))
  await Promise.all([letter('1'), letter('2')])
  t.equal((await all(path)).length, 2)
  await rename(path, `${path}.moved`)
  await letter('3')
  t.same(
    (await all(path)).map(({ value }) => String(value)),
    ['3'],
  )
  await appendFile(path, '{"topic":"ord')
  await letter('4')
  const seen: string[] = []
  const reading = (async () => {
    for await (const { value } of deadLetterSource(path)) seen.push(String(value))
  })()
  await t.rejects(reading, { code: 'input/dead-letter', message: /^Line 2 of / })
  t.same(seen, ['3'])
  t.match(JSON.parse((await readFile(path, 'utf8')).split('\n')[2] as string), { value: Buffer.from('4').toString('base64') })
})

t.test('a file that cannot be written, or a value that has no bytes, fails', async (t) => {
  const [verdict] = await nothing.batch([{ value: { a: 1 } }])
  await t.rejects(deadLetters(join(folder, 'x'))([verdict as never]), {
    code: 'sink/unwritable',
    message: /^The value of a message is an object/,
  })
  await t.rejects(deadLetters(join(folder, 'no', 'x'))(await nothing.batch([{ value: '1' }])), { code: 'sink/unwritable' })
})

t.test('a letter that was damaged is refused, not read as another', async (t) => {
  const path = join(folder, 'damaged')
  const line = JSON.parse(messageLine({ topic: 't', partition: 0, offset: '1', key: null, value: 'abcdef', headers: {} }))
  const damaged = [
    { value: 'YW*j' },
    { value: 5 },
    { headers: {} },
    { headers: [['a']] },
    { topic: 1 },
    { key: undefined },
    { partition: true },
  ]
  for (const change of damaged) {
    await rename(path, `${path}.old`).catch(() => {})
    await appendFile(path, `${JSON.stringify({ ...line, ...change })}\n`)
    await t.rejects(all(path), { code: 'input/dead-letter' }, JSON.stringify(change))
  }
})
