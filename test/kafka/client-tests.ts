import { setTimeout as sleep } from 'node:timers/promises'
import { Consumer } from '@platformatic/kafka'
import {
  deadLetterHeaders,
  deadLetters,
  field,
  kafkajsMessages,
  type Message,
  type MessageSink,
  originalMessage,
  platformaticMessages,
  schema,
  validateMessages,
} from 'sluice'
import type { Test } from 'tap'
import type { Broker } from './broker.js'
import { clients, type Open, type OpenClient } from './clients.js'
import { Topics } from './topics.js'
import { until } from './until.js'

const strict = schema({ id: field.integer(), age: field.integer().min(18) })
const corrected = schema({ id: field.integer(), age: field.integer().min(0) })

/** Messages of every kind that a broker carries, most of them valid. */
function people(count: number): Message[] {
  return Array.from({ length: count }, (_, id) => ({
    partition: id % 2,
    key: id % 3 === 0 ? null : Buffer.from([id % 256, 0xff]),
    value: id % 50 === 49 ? null : Buffer.from(JSON.stringify({ id, age: id % 40 }, null, 1)),
    headers: { trace: [Buffer.from([0xff, 0]), Buffer.from(`${id}`)], kind: Buffer.from('person') },
  }))
}

/** A message without its place, for comparing: text of what a broker holds of it. */
const told = ({ key, value, headers }: Message) => JSON.stringify([key, value, headers])

async function split(
  client: OpenClient,
  check: ReturnType<typeof validateMessages>,
  count: number,
  valid: MessageSink,
  invalid: MessageSink,
) {
  const stop = new AbortController()
  let seen = 0
  const counted = (sink: MessageSink) => async (messages: Message[]) => {
    await sink(messages)
    seen += messages.length
    if (seen >= count) stop.abort()
  }
  const invalidToo = deadLetters(counted(invalid as never) as MessageSink)
  return check.split(client.messages, { valid: counted(valid), invalid: invalidToo, commit: client.messages.commit, stop: stop.signal })
}

/** Dead letters of one client come back through the other, and what is valid then goes on as it was at first. */
export async function replayTest(t: Test, broker: Broker, topics: Topics, first: string, second: string): Promise<void> {
  const name = `people-${first}`
  const given = people(500)
  await topics.make(2, name, `${name}-valid`, `${name}-dead`, `${name}-still`)
  await topics.send(name, given as never)

  const one = await (clients[first] as Open)(topics, broker.address, name, name)
  const counts = await split(one, validateMessages(strict), given.length, one.sink(`${name}-valid`), one.sink(`${name}-dead`))
  await one.close()
  const isGood = ({ value }: Message) => value === null || JSON.parse(String(value)).age >= 18
  t.equal(counts.valid, given.filter(isGood).length)
  t.same((await topics.committed(name, name)).map(Number), [250, 250], 'all is committed, past the last message')

  const dead = await topics.read(`${name}-dead`)
  t.equal(dead.length, counts.invalid)
  for (const letter of dead) {
    const [{ source, code }] = JSON.parse(String(letter.headers?.[deadLetterHeaders.violations]))
    const place = [deadLetterHeaders.topic, deadLetterHeaders.partition, deadLetterHeaders.offset].map((header) =>
      String(letter.headers?.[header]),
    )
    if (code !== 'minimum' || source !== place.join('/') || place[0] !== name) t.fail(`${source} is not ${place}`)
  }

  const two = await (clients[second] as Open)(topics, broker.address, `${name}-dead`, `${name}-replay`)
  const onward = two.sink(`${name}-valid`)
  const again = await split(
    two,
    validateMessages(corrected),
    dead.length,
    (all) => onward(all.map(originalMessage)),
    two.sink(`${name}-still`),
  )
  await two.close()
  t.same([again.read, again.valid], [dead.length, dead.length])
  const arrived = await topics.read(`${name}-valid`)
  t.same(arrived.map(told).sort(), given.map(told).sort(), 'key, value and headers of each are what they were')
}

/** A member joins while another is at work on a slow sink: nothing fails, nothing is lost, and the room in flight bounds what comes twice. */
export async function rebalanceTest(t: Test, broker: Broker, topics: Topics, client: string): Promise<void> {
  const name = `shared-${client}`
  const count = 6_000
  await topics.make(4, name)
  await topics.send(
    name,
    Array.from({ length: count }, (_, id) => ({ partition: id % 4, value: JSON.stringify({ id, age: 20 }) })),
  )
  const check = validateMessages(strict, { messagesInFlightMax: 400 })
  const stop = new AbortController()
  const seen = new Map<number, number>()
  const shares: number[] = []
  const member = async (index: number) => {
    const open = await (clients[client] as Open)(topics, broker.address, name, name)
    const valid = async (messages: Message[]) => {
      await sleep(60)
      for (const { value } of messages) {
        const { id } = JSON.parse(String(value))
        seen.set(id, (seen.get(id) ?? 0) + 1)
      }
      shares[index] = (shares[index] ?? 0) + messages.length
    }
    await check.split(open.messages, { valid, invalid: () => {}, commit: open.messages.commit, stop: stop.signal })
    await open.close()
  }
  const first = member(0)
  await until('the first is at work', async () => seen.size > 500)
  const second = member(1)
  const failed = Promise.all([first, second])
  const all = until('all were seen and committed', async () => {
    const committed = await topics.committed(name, name)
    return seen.size === count && committed.reduce((sum, offset) => sum + offset, 0) === count
  })
  await Promise.race([all, failed])
  await all
  stop.abort()
  await failed
  const again = [...seen.values()].reduce((sum, times) => sum + times - 1, 0)
  t.comment(`${client}: shares ${shares}, ${again} came twice`)
  t.ok(shares.length === 2 && shares.every((share) => share > 0), 'both had a share')
  t.equal(seen.size, count, 'none is lost')
}

/** Members that leave at about the same time: the last is closed while it rejoins the group that the first has left. */
export async function closingTest(t: Test, broker: Broker, topics: Topics): Promise<void> {
  const name = 'closing'
  await topics.make(2, name)
  const timing = { sessionTimeout: 3_000, heartbeatInterval: 100, rebalanceTimeout: 3_000, retryDelay: 50 }
  const consumers = ['first', 'last'].map(
    (clientId) => new Consumer({ bootstrapBrokers: [broker.address], groupId: name, clientId, ...timing }),
  ) as [Consumer, Consumer]
  const stop = new AbortController()
  const splitting = consumers.map((consumer) => {
    const messages = platformaticMessages(consumer, { topics: [name] })
    return validateMessages(strict).split(messages, { valid: () => {}, invalid: () => {}, commit: messages.commit, stop: stop.signal })
  })
  const shares = () => consumers.map(({ assignments }) => assignments?.flatMap(({ partitions }) => partitions).length)
  await until('each has a partition', async () => shares().every((share) => share === 1))
  stop.abort()
  await Promise.all(splitting)
  const [first, last] = consumers
  const rejoining = new Promise<void>((resolve) => {
    last.on('client:performWithRetry', (operation: string) => operation === 'rejoinGroup' && resolve())
  })
  const givenUp = new Promise((resolve) => last.on('consumer:rejoin', resolve))
  await first.close(true)
  await rejoining
  await last.close(true)
  await givenUp
  t.ok(last.closed, 'what a closed one says of its group ends no process')
}

/** A sink that takes longer than the group waits for a member: nothing more is fetched meanwhile, and the member stays. */
export async function slowSinkTest(t: Test, topics: Topics): Promise<void> {
  const name = 'slow'
  // More than one fetch brings.
  const value = JSON.stringify({ id: 1, age: 20, filling: 'x'.repeat(10_000) })
  await topics.make(1, name)
  await topics.send(
    name,
    Array.from({ length: 1_000 }, () => ({ value })),
  )
  const consumer = topics.kafka.consumer({ groupId: name, sessionTimeout: 2_000, heartbeatInterval: 200, maxBytesPerPartition: 500_000 })
  let joins = 0
  let fetches = 0
  consumer.on(consumer.events.GROUP_JOIN, () => (joins += 1))
  consumer.on(consumer.events.FETCH, () => (fetches += 1))
  await consumer.connect()
  await consumer.subscribe({ topic: name, fromBeginning: true })
  const messages = kafkajsMessages(consumer)
  const stop = new AbortController()
  let written = 0
  const fetchesWhileSlow: number[] = []
  await validateMessages(strict, { messagesInFlightMax: 100 }).split(messages, {
    async valid(all) {
      if (written === 0) {
        await sleep(1_000)
        fetchesWhileSlow.push(fetches)
        await sleep(4_000)
        fetchesWhileSlow.push(fetches)
      }
      written += all.length
      if (written === 1_000) stop.abort()
    },
    invalid: (refused) => t.fail(`${refused.length} were refused`),
    commit: messages.commit,
    stop: stop.signal,
  })
  await consumer.disconnect()
  t.equal(joins, 1, 'it stayed in its group')
  t.equal(fetchesWhileSlow[0], fetchesWhileSlow[1], 'nothing was fetched')
  t.equal(written, 1_000)
  t.same(await topics.committed(name, name), [1_000])
}
