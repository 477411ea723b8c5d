import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse } from 'csv-parse/sync'
import {
  field,
  isSluiceError,
  type Message,
  type MessagePosition,
  type MessageVerdict,
  schema,
  type Violation,
  validateMessages,
} from 'sluice'
import t from 'tap'

const person = schema({ name: field.string(), age: field.integer().min(18) })
const good = '{"name":"Ada","age":36}'
const bad = '{"name":"Bob","age":3}'

const codes = (verdicts: MessageVerdict[]) => verdicts.map(({ violations }) => violations.map(({ code }) => code))
const messagesOf = (values: unknown[], partition = 0): Message[] =>
  values.map((value, offset) => ({ topic: 'people', partition, offset: String(offset), value }))

t.test('a value is bytes, text or an object, and JSON as strict as ever', async (t) => {
  const check = validateMessages(person)
  const values = [
    [Buffer.from(good), []],
    [good, []],
    [{ name: 'Ada', age: 36 }, []],
    ['{\n  "name": "Ada",\r\n  "age": 36\n}\n', []],
    ['{"name":"A\nda","age":36}', ['json/syntax']],
    [`${good}\n${good}`, ['json/syntax']],
    ['', ['json/syntax']],
    [Buffer.from(' \n\t\r'), ['json/syntax']],
    [Buffer.from(`\ufeff${good}`), ['json/syntax']],
    [Buffer.from([0xff, 0xfe, 0x7b, 0]), ['encoding/utf8']],
    ['{"name":"\ud800","age":36}', ['encoding/utf8']],
    [null, []],
    [undefined, []],
    [{ name: 'Ada', age: Number.NaN }, ['message/unreadable']],
  ] as const
  const verdicts = await check.batch(messagesOf(values.map(([value]) => value)))
  t.same(
    codes(verdicts),
    values.map(([, expected]) => expected),
  )
  t.same(
    verdicts.map(({ valid }) => valid),
    values.map(([, expected]) => expected.length === 0),
  )
})

t.test('a violation names its message, and the message is the very one', async (t) => {
  const messages = [{ topic: 'people', partition: 3, offset: 41n, key: Buffer.from('k'), value: bad }]
  const [verdict] = await validateMessages(person, { mask: ['age'] }).batch(messages)
  t.equal(verdict?.message, messages[0])
  t.match(verdict?.schemaDigest, /^sha256:|^[0-9a-f]{16,}/)
  t.match(verdict?.violations, [{ code: 'minimum', field: 'age', source: 'people/3/41', record: 1, line: null, byte: null, value: '***' }])
  const [placeless] = await validateMessages(person).batch([{ value: bad }])
  t.equal((placeless?.violations as Violation[])[0]?.source, null)
})

t.test('a message over recordBytesMax is a violation, and the next one is read', async (t) => {
  const long = JSON.stringify({ name: 'x'.repeat(300_000), age: 36 })
  const check = validateMessages(person, { recordBytesMax: 1_000, batchBytes: 500 })
  const verdicts = await check.batch(messagesOf([good, long, good, ' '.repeat(1_001), `${' '.repeat(1_000)}\n`, good]))
  t.same(codes(verdicts), [[], ['record/too-large'], [], ['record/too-large'], ['record/too-large'], []])
})

t.test('tombstones are what the option says', async (t) => {
  t.same(codes(await validateMessages(person, { tombstones: 'invalid' }).batch(messagesOf([null, good]))), [['message/tombstone'], []])
  t.same(codes(await validateMessages(person, { tombstones: 'valid' }).batch(messagesOf([null]))), [[]])
})

t.test('select decodes, and where it throws the message is refused', async (t) => {
  const check = validateMessages(person, {
    cells: true,
    select: ({ value }) => {
      const [record] = parse(String(value), { columns: ['name', 'age'] })
      if (!record) throw new RangeError(`no record in ${value}`)
      return record
    },
  })
  const verdicts = await check.batch(messagesOf(['Ada,36', '"Ada",x', '', 'Ada,"36', '"A\nda",36']))
  t.same(codes(verdicts), [[], ['type'], ['message/unreadable'], ['message/unreadable'], []])
  t.match(verdicts[2]?.violations[0], { params: { name: 'RangeError' } })
  t.notMatch(verdicts[2]?.violations[0]?.message, /no record/)
})

t.test('options that do not apply are refused', (t) => {
  const refused: [object, RegExp][] = [
    [{ format: 'csv' }, /parse it in select/],
    [{ delimiter: ';' }, /no option "delimiter"/],
    [{ missing: ['-'] }, /cells: true/],
    [{ tombstones: 'drop' }, /one of valid, invalid/],
    [{ select: 'value' }, /a function/],
    [{ messagesInFlightMax: 0 }, /from 1 to/],
    [{ messageBytesInFlightMax: 1.5 }, /from 1 to/],
    [{ threads: 0 }, /threads/],
  ]
  for (const [options, message] of refused) t.throws(() => validateMessages(person, options), { code: 'option/invalid', message })
  t.throws(() => validateMessages({ type: 'nothing' } as never), { code: 'schema/invalid' })
  t.end()
})

async function* given(messages: readonly Message[], failure?: Error): AsyncGenerator<Message> {
  yield* messages
  if (failure) throw failure
}

t.test('split sends each where it belongs, and commits after', async (t) => {
  const messages = [0, 1].flatMap((partition) => messagesOf([good, bad, good, 'x'], partition))
  const log: string[] = []
  const counts = await validateMessages(person).split(given(messages), {
    async valid(all) {
      await sleep(5)
      log.push(`valid ${all.length}`)
    },
    invalid: (all) => log.push(`invalid ${all.length}`),
    commit: (positions, done) => log.push(`${positions.map(({ partition, offset }) => `${partition}@${offset}`).sort()} of ${done.length}`),
  })
  t.same(counts, { read: 8, valid: 4, invalid: 4, violations: 4 })
  t.same(
    log
      .at(-1)
      ?.replace(/ of \d+$/, '')
      .split(',')
      .includes('1@4'),
    true,
  )
  const commits = log.flatMap((line, at) => (line.includes('@') ? [at] : []))
  t.ok(commits.every((at) => log.slice(0, at).some((line) => line.startsWith('valid') || line.startsWith('invalid'))))
})

t.test('what has not reached its sink is never committed', async (t) => {
  const committed: MessagePosition[] = []
  const failing = validateMessages(person, { messagesInFlightMax: 8 }).split(given(messagesOf(Array(20).fill(good))), {
    valid: (all) => {
      if (all.some(({ offset }) => offset === '9')) throw new Error('the sink is full')
    },
    invalid: () => {},
    commit: (positions) => committed.push(...positions),
  })
  await t.rejects(failing, { message: 'the sink is full' })
  t.ok(committed.length > 0)
  t.ok(committed.every(({ offset }) => Number(offset) <= 9))
})

t.test('a commit that fails ends the stream', async (t) => {
  const failing = validateMessages(person).split(given(messagesOf([good])), {
    valid: () => {},
    invalid: () => {},
    commit: () => Promise.reject(new Error('no coordinator')),
  })
  await t.rejects(failing, { message: 'no coordinator' })
})

t.test('a source that fails does so after what came before', async (t) => {
  const seen: unknown[] = []
  const committed: string[] = []
  const failing = validateMessages(person).split(given(messagesOf([good, good]), new Error('the broker is gone')), {
    valid: (all) => seen.push(...all),
    invalid: () => {},
    commit: (positions) => committed.push(...positions.map(({ offset }) => offset)),
  })
  await t.rejects(failing, { message: 'the broker is gone' })
  t.equal(seen.length, 2)
  t.equal(committed.at(-1), '2')
})

for (const [name, options, most] of [
  ['messages', { messagesInFlightMax: 10 }, 10],
  ['bytes', { messageBytesInFlightMax: 10 * good.length }, 10],
  ['one message, however large', { messageBytesInFlightMax: 1 }, 1],
] as const) {
  t.test(`a slow sink stops the taking: ${name}`, async (t) => {
    let taken = 0
    let written = 0
    let mostInFlight = 0
    async function* source(): AsyncGenerator<Message> {
      for (const message of messagesOf(Array(100).fill(good))) {
        taken += 1
        // What is being yielded is on its way, and not in flight yet.
        mostInFlight = Math.max(mostInFlight, taken - 1 - written)
        yield message
      }
    }
    await validateMessages(person, options).split(source(), {
      async valid(all) {
        await sleep(2)
        written += all.length
      },
      invalid: () => {},
    })
    t.equal(written, 100)
    t.ok(mostInFlight <= most, `${mostInFlight} in flight`)
    t.ok(mostInFlight > most / 2, 'and not far fewer, which would be slow')
  })
}

t.test('batches stay large where sinks let go of what they were given', async (t) => {
  const sizes: number[] = []
  const targets = {
    valid: (messages: Message[]) => {
      sizes.push(messages.length)
      for (const message of messages) Object.assign(message, { value: null, key: 'a key that was not there' })
      return sleep(1)
    },
    invalid() {},
    commit: (_positions: unknown, messages: readonly Message[]) => void (messages as Message[]).splice(0),
  }
  const counts = await validateMessages(person, { messageBytesInFlightMax: 40 * good.length }).split(
    given(messagesOf(Array(600).fill(good))),
    targets,
  )
  t.match(counts, { read: 600, valid: 600 })
  const late = sizes.slice(-10, -1)
  t.ok(
    late.every((size) => size >= 5),
    `the last batches had ${late.join(', ')} messages`,
  )
})

t.test('stop ends it in good order, though the source has no end', async (t) => {
  const stop = new AbortController()
  let isLeft = false
  const source = {
    count: 0,
    [Symbol.asyncIterator]() {
      return this
    },
    next(): Promise<IteratorResult<Message>> {
      this.count += 1
      if (this.count <= 5)
        return Promise.resolve({ done: false, value: { topic: 'people', partition: 0, offset: this.count, value: good } })
      setImmediate(() => stop.abort())
      return new Promise(() => {})
    },
    async return() {
      isLeft = true
      return { done: true as const, value: undefined }
    },
  }
  const committed: string[] = []
  const counts = await validateMessages(person).split(source, {
    valid: () => sleep(5),
    invalid: () => {},
    commit: (positions) => committed.push(...positions.map(({ offset }) => offset)),
    stop: stop.signal,
  })
  t.equal(counts.read, 5)
  t.equal(committed.at(-1), '6')
  t.ok(isLeft)
  const none = await validateMessages(person).split(given(messagesOf([good])), {
    valid: () => {},
    invalid: () => {},
    stop: AbortSignal.abort(),
  })
  t.equal(none.read, 0)
})

t.test('stop does not wait for a stream or a generator from which nothing comes', async (t) => {
  async function* silent(): AsyncGenerator<Message> {
    yield { value: good }
    await new Promise(() => {})
  }
  const stream = new Readable({ objectMode: true, read() {} })
  stream.push({ value: good })
  for (const source of [stream, silent()]) {
    const stop = new AbortController()
    const counts = await validateMessages(person).split(source, { valid: () => stop.abort(), invalid: () => {}, stop: stop.signal })
    t.equal(counts.valid, 1)
  }
  t.ok(stream.destroyed)
})

t.test('verdicts come in order, and leaving early commits nothing of the batch', async (t) => {
  const committed: string[] = []
  const commit = (positions: MessagePosition[]) => committed.push(...positions.map(({ offset }) => offset))
  const seen: boolean[] = []
  for await (const { valid } of validateMessages(person).verdicts(given(messagesOf([good, bad, good])), { commit })) seen.push(valid)
  t.same(seen, [true, false, true])
  t.equal(committed.at(-1), '3')
  committed.length = 0
  for await (const _ of validateMessages(person, { messagesInFlightMax: 4 }).verdicts(given(messagesOf([good, good])), { commit })) break
  t.same(committed, [])
})

t.test('messages without places need no commit of positions', async (t) => {
  const acknowledged: Message[] = []
  const source = given([{ value: good }, { value: bad }])
  await validateMessages(person).split(source, {
    valid: () => {},
    invalid: () => {},
    commit: (positions, messages) => {
      t.same(positions, [])
      acknowledged.push(...messages)
    },
  })
  t.equal(acknowledged.length, 2)
})

t.test('what is no message is refused by name, after what came before', async (t) => {
  const check = validateMessages(person)
  const [message] = messagesOf([good]) as [Message]
  for (const none of [null, undefined, good, 1]) {
    const error = { name: 'SluiceError', code: 'input/record', message: /^A message is (null|of type)/ }
    await t.rejects(check.batch([message, none] as never), error)
    const seen: unknown[] = []
    const targets = { valid: (all: unknown[]) => void seen.push(...all), invalid() {} }
    await t.rejects(check.split(given([message, none] as never), targets), error)
    t.strictSame(seen, [message])
  }
  await t.rejects(check.batch(message as never), { code: 'option/invalid', message: /array/ })
})

t.test('errors are those of sluice', (t) => {
  try {
    validateMessages(person, { nonsense: 1 } as never)
  } catch (error) {
    t.ok(isSluiceError(error, 'option/invalid'))
  }
  t.end()
})
