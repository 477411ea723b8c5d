import { EventEmitter } from 'node:events'
import { Readable } from 'node:stream'
import {
  type KafkaJSConsumer,
  kafkajsMessages,
  type Message,
  type MessageClient,
  type PlatformaticConsumer,
  platformaticMessages,
  positionsAfter,
} from 'sluice'
import t from 'tap'

// Stand-ins for consumers, to take partitions away, and to fail, at a moment of the test's choosing; the real ones are in test/kafka.

type Offsets = { topic: string; partition: number; offset: string }[]

class KafkaJSStub extends EventEmitter {
  readonly events = { GROUP_JOIN: 'join', CRASH: 'crash' }
  readonly committed: string[] = []
  fault: Error | undefined
  stopped = 0
  eachBatch: ((payload: object) => Promise<void>) | undefined

  readonly consumer = {
    events: this.events,
    on: (name: string, listener: (event: object) => void) => {
      this.on(name, listener)
      return () => void this.off(name, listener)
    },
    run: async (config: { eachBatch: (payload: object) => Promise<void> }) => {
      this.eachBatch = config.eachBatch
    },
    stop: async () => {
      this.stopped += 1
    },
    commitOffsets: async (offsets: Offsets) => {
      if (this.fault) throw this.fault
      this.committed.push(...offsets.map(({ partition, offset }) => `${partition}@${offset}`))
    },
  } as unknown as KafkaJSConsumer

  assign(...partitions: number[]): void {
    this.emit('join', { payload: { memberAssignment: { orders: partitions } } })
  }

  /** Fetches one message; gives what eachBatch does and whether the offset was resolved. */
  fetch(partition: number, offset: number, heartbeat = async () => {}) {
    const resolved: string[] = []
    const messages = [{ offset: String(offset), key: null, value: null }]
    const batch = { topic: 'orders', partition, messages, lastOffset: () => String(offset) }
    const done = this.eachBatch?.({ batch, heartbeat, resolveOffset: (to: string) => resolved.push(to) })
    return { done, resolved }
  }
}

const first = async <M>(iterator: AsyncIterator<M | readonly M[]>): Promise<M> => {
  const { value } = await iterator.next()
  return Array.isArray(value) ? value[0] : value
}

t.test('kafkajs: a commit of a partition that is gone, or was gone meanwhile, is dropped', async (t) => {
  const stub = new KafkaJSStub()
  const messages = kafkajsMessages(stub.consumer)
  const iterator = messages[Symbol.asyncIterator]()
  stub.assign(0, 1)
  const pulled = []
  for (const partition of [0, 1]) {
    const { done, resolved } = stub.fetch(partition, 7)
    pulled.push(await first(iterator))
    await done
    t.same(resolved, ['7'], 'what was taken is not fetched again')
  }
  const positions = positionsAfter(pulled)
  stub.assign(1)
  await messages.commit(positions)
  t.same(stub.committed, ['1@8'], 'only what is still ours')
  stub.assign(0, 1)
  await messages.commit(positions)
  t.same(stub.committed, ['1@8', '1@8'], 'someone else may have read on in partition 0')
})

const protocolError = (type: string) => Object.assign(new Error(type), { type })

t.test('kafkajs: the group moving on is no failure, all else is', async (t) => {
  const stub = new KafkaJSStub()
  const messages = kafkajsMessages(stub.consumer)
  const iterator = messages[Symbol.asyncIterator]()
  stub.assign(0)
  stub.fetch(0, 7)
  const positions = positionsAfter([await first(iterator)])
  for (const type of ['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID']) {
    stub.fault = protocolError(type)
    await messages.commit(positions)
    stub.fault = new Error('retries exceeded', { cause: protocolError(type) })
    await messages.commit(positions)
  }
  stub.fault = protocolError('GROUP_AUTHORIZATION_FAILED')
  await t.rejects(messages.commit(positions), stub.fault)
})

t.test('kafkajs: what waits is taken back when the group rebalances, and let go at the end', async (t) => {
  const stub = new KafkaJSStub()
  const iterator = kafkajsMessages(stub.consumer)[Symbol.asyncIterator]()
  stub.assign(0)
  const failing = stub.fetch(0, 1, () => Promise.reject(protocolError('REBALANCE_IN_PROGRESS')))
  await t.rejects(failing.done as Promise<void>, { message: 'REBALANCE_IN_PROGRESS' })
  t.same(failing.resolved, [])
  let beats = 0
  const later = stub.fetch(0, 1, async () => {
    beats += 1
    if (beats > 1) throw protocolError('REBALANCE_IN_PROGRESS')
  })
  await t.rejects(later.done as Promise<void>, { message: 'REBALANCE_IN_PROGRESS' }, 'also when it had waited')
  // A heartbeat that fails at once leaves nobody time to take what is offered.
  const early = iterator.next()
  await t.rejects(stub.fetch(0, 1, () => Promise.reject(protocolError('REBALANCE_IN_PROGRESS'))).done as Promise<void>)
  const waiting = stub.fetch(0, 2)
  t.match(await early, { value: [{ offset: '2' }] }, 'what was taken back is not given')
  await waiting.done
  const last = stub.fetch(0, 3)
  await iterator.return?.()
  await last.done
  t.same(last.resolved, [], 'it is fetched again by whoever comes next')
  t.same([stub.stopped, stub.listenerCount('join')], [1, 0])
  t.same(await iterator.next(), { done: true, value: undefined })
})

t.test('kafkajs: a crash for good fails the source, one that it recovers from does not', async (t) => {
  const stub = new KafkaJSStub()
  const iterator = kafkajsMessages(stub.consumer)[Symbol.asyncIterator]()
  const next = iterator.next()
  stub.emit('crash', { payload: { restart: true, error: new Error('for a moment') } })
  stub.emit('crash', { payload: { restart: false, error: new Error('for good') } })
  await t.rejects(next, { message: 'for good' })
})

t.test('platformatic: the same', async (t) => {
  const committed: string[] = []
  let fault: object | undefined
  const assigned = (...partitions: number[]) => [{ topic: 'orders', partitions }]
  let isDestroyed = false
  async function* stream(): AsyncGenerator<Message> {
    for (const partition of [0, 1]) yield { topic: 'orders', partition, offset: 7n }
  }
  const consumer = Object.assign(new EventEmitter(), {
    assignments: assigned(0, 1),
    consume: async (options: object) => {
      t.match(options, { topics: ['orders'], autocommit: false, mode: 'committed' })
      return Object.assign(stream(), { destroy: () => (isDestroyed = true) })
    },
    commit: async ({ offsets }: { offsets: { partition: number; offset: bigint }[] }) => {
      if (fault) throw fault
      committed.push(...offsets.map(({ partition, offset }) => `${partition}@${offset}`))
    },
  })
  const messages = platformaticMessages(consumer as unknown as PlatformaticConsumer<never>, { topics: ['orders'], autocommit: true })
  const iterator = (messages as MessageClient<Message>)[Symbol.asyncIterator]()
  const positions = positionsAfter([await first(iterator), await first(iterator)]) as never
  await messages.commit(positions)
  t.same(committed.splice(0).sort(), ['0@8', '1@8'])
  consumer.assignments = assigned(1)
  await messages.commit(positions)
  t.same(committed.splice(0), ['1@8'])
  consumer.assignments = assigned(0, 1)
  await messages.commit(positions)
  t.same(committed, ['1@8'])
  fault = Object.assign(new Error('rejoin'), { findBy: (name: string, value: unknown) => name === 'needsRejoin' && value === true })
  await messages.commit(positions)
  fault = Object.assign(new Error('not allowed'), { findBy: () => null })
  await t.rejects(messages.commit(positions), { message: 'not allowed' })
  await iterator.return?.()
  t.ok(isDestroyed)
})

/** A consumer of @platformatic/kafka whose stream brings one message and then waits. */
class PlatformaticStub extends EventEmitter {
  readonly assignments = [{ topic: 'orders', partitions: [0] }]
  readonly streams: Readable[] = []

  async consume(): Promise<Readable> {
    const stream = new Readable({ objectMode: true, read() {} })
    stream.push({ topic: 'orders', partition: 0, offset: 7n })
    this.streams.push(stream)
    return stream
  }

  iterator(): AsyncIterator<Message> {
    const messages = platformaticMessages(this as unknown as PlatformaticConsumer<never>, { topics: ['orders'] })
    return (messages as MessageClient<Message>)[Symbol.asyncIterator]() as AsyncIterator<Message>
  }
}

t.test('platformatic: a consumer that cannot rejoin its group fails the source', async (t) => {
  const fault = new Error('rejoinGroup failed 4 times')
  const [waiting, between, unread] = [new PlatformaticStub(), new PlatformaticStub(), new PlatformaticStub()]
  const iterators = [waiting, between, unread].map((stub) => stub.iterator()) as [
    AsyncIterator<Message>,
    AsyncIterator<Message>,
    AsyncIterator<Message>,
  ]
  await iterators[0].next()
  const pulled = iterators[0].next()
  await iterators[1].next()
  for (const stub of [waiting, between, unread]) stub.emit('error', fault)
  await t.rejects(pulled, fault, 'while it waits for a message')
  await t.rejects(iterators[1].next(), fault, 'between two')
  await t.rejects(iterators[2].next(), fault, 'before the first: what came would never be committed')
  t.ok(
    [waiting, between, unread].every(({ streams }) => streams[0]?.destroyed),
    'nothing more is fetched',
  )
})

t.test('platformatic: a consumer that is closed while it rejoins is heard no more, one that is open is', async (t) => {
  const stub = new PlatformaticStub()
  for (const iterator of [stub.iterator(), stub.iterator()]) {
    await iterator.next()
    await iterator.return?.()
  }
  t.throws(() => stub.emit('error', new Error('of another stream')), { message: 'of another stream' }, 'whose it is must hear it')
  stub.emit('client:close')
  t.ok(stub.emit('error', new Error('rejoinGroup failed 4 times')), 'nobody is left to hear it')
  t.equal(stub.listenerCount('error'), 1, 'of two streams too')
})
