import { headerPairs, type Message, type MessagePosition } from '../message.js'
import { Assignment } from './assignment.js'
import type { MessageClient } from './message-client.js'
import { type ProducerSinkOptions, sendingSink } from './outgoing.js'

/** A message of @platformatic/kafka. */
export interface PlatformaticMessage extends Message {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly timestamp: bigint
}

type Assignments = readonly { topic: string; partitions: number[] }[] | null
type Stream<M> = AsyncIterable<M> & { destroy(): unknown }

/** What is used of a Consumer of @platformatic/kafka. */
export interface PlatformaticConsumer<M extends PlatformaticMessage> {
  readonly assignments: Assignments
  on(event: any, listener: (...told: any[]) => void): unknown
  off(event: any, listener: (...told: any[]) => void): unknown
  consume(options: any): Promise<Stream<M>>
  commit(options: { offsets: { topic: string; partition: number; offset: bigint; leaderEpoch: number }[] }): Promise<unknown>
}

type Committer = Pick<PlatformaticConsumer<PlatformaticMessage>, 'commit'>

/** What is used of a Producer of @platformatic/kafka. */
export interface PlatformaticProducer {
  send(options: any): Promise<unknown>
}

/** The epoch of the leader that a message was read from is not known. */
const noLeaderEpoch = -1
/** Consumers whose errors are dropped once they are closed. */
const quietOnceClosed = new WeakSet<object>()

/**
 * The messages of a consumer of @platformatic/kafka, with their `commit`, as `kafkajsMessages` gives them. `options` go to its `consume`
 * (`topics` at least); it begins at what the group has committed, or at the earliest message, and never commits by itself. Closing the
 * consumer is yours. Fails when the consumer cannot rejoin its group (its event `error`).
 */
export function platformaticMessages<M extends PlatformaticMessage>(
  consumer: PlatformaticConsumer<M>,
  options: { topics: string[]; [name: string]: unknown },
): MessageClient<M> {
  const assignment = new Assignment<M>()
  let seen: PlatformaticConsumer<M>['assignments'] = null
  const look = () => {
    // The client makes a new list each time that it joins its group.
    if (consumer.assignments !== seen) assignment.update(partitionsOf(consumer.assignments))
    seen = consumer.assignments
  }
  const mark = (message: M) => {
    look()
    assignment.mark(message)
  }
  return {
    [Symbol.asyncIterator]: () =>
      new Following(consumer, { mode: 'committed', fallbackMode: 'earliest', ...options, autocommit: false }, mark),
    commit: async (positions) => {
      look()
      await commit(consumer, assignment.stillOurs(positions))
    },
  }
}

/** A sink that sends messages to `topic`, as `kafkajsSink` does. The producer has no serializers: what it gets is bytes. */
export function platformaticSink(
  producer: PlatformaticProducer,
  topic: string,
  options: ProducerSinkOptions = {},
): (messages: readonly Message[]) => Promise<void> {
  const send = (messages: Message[]) => {
    const outgoing = messages.map(({ key, value, headers }) => ({
      topic,
      key: bytes(key),
      value: bytes(value),
      // Bytes are never the same key of a Map twice, so a name that stands twice keeps both values.
      headers: new Map(headerPairs(headers).map(([name, one]) => [Buffer.from(name), bytes(one)])),
    }))
    return producer.send({ messages: outgoing, acks: -1 })
  }
  return sendingSink(send, options)
}

/** The stream of a consumer, from its opening on, each message with the tenure in which it was read. */
class Following<M extends PlatformaticMessage> implements AsyncIterator<M> {
  readonly #consumer: PlatformaticConsumer<M>
  readonly #stream: Promise<Stream<M>>
  readonly #mark: (message: M) => void
  #iterator: AsyncIterator<M> | undefined
  #fault: { error: unknown } | undefined

  constructor(consumer: PlatformaticConsumer<M>, options: object, mark: (message: M) => void) {
    this.#consumer = consumer
    this.#mark = mark
    dropErrorsOnceClosed(consumer)
    consumer.on('error', this.#fail)
    this.#stream = consumer.consume(options)
    // Whoever asks for the first message hears of it.
    this.#stream.catch(() => this.#forget())
  }

  async next(): Promise<IteratorResult<M>> {
    try {
      this.#iterator ??= (await this.#stream)[Symbol.asyncIterator]()
      const result = await this.#iterator.next()
      if (this.#fault) throw this.#fault.error
      if (result.done) this.#forget()
      else this.#mark(result.value)
      return result
    } catch (error) {
      this.#forget()
      // The consumer's own error is why its stream was destroyed.
      throw this.#fault ? this.#fault.error : error
    }
  }

  // The stream is ended itself: its iterator would first wait for the next message.
  async return(): Promise<IteratorResult<M>> {
    this.#forget()
    const stream = await this.#stream.catch(() => undefined)
    stream?.destroy()
    return { done: true, value: undefined }
  }

  // A consumer that could not rejoin fetches on, outside its group: what it brings is brought to another member too, and never committed.
  readonly #fail = (error: unknown): void => {
    this.#fault ??= { error }
    void this.return()
  }

  #forget(): void {
    this.#consumer.off('error', this.#fail)
  }
}

/**
 * A consumer that is closed while it rejoins its group, since another member has just left, tries on without connections, and emits `error`
 * when it gives up, seconds after its end. Nobody listens any more, so Node would end the process.
 */
function dropErrorsOnceClosed(consumer: Pick<PlatformaticConsumer<PlatformaticMessage>, 'on'>): void {
  if (quietOnceClosed.has(consumer)) return
  quietOnceClosed.add(consumer)
  consumer.on('client:close', () => consumer.on('error', () => {}))
}

function* partitionsOf(assignments: Assignments): Generator<[string, number]> {
  for (const { topic, partitions } of assignments ?? []) for (const partition of partitions) yield [topic, partition]
}

async function commit(consumer: Committer, positions: MessagePosition<PlatformaticMessage>[]): Promise<void> {
  if (positions.length === 0) return
  try {
    await consumer.commit({
      offsets: positions.map(({ topic, offset, last }) => ({
        topic,
        partition: last.partition,
        offset: BigInt(offset),
        leaderEpoch: noLeaderEpoch,
      })),
    })
  } catch (error) {
    const told = error as { findBy?: (name: string, value: unknown) => unknown }
    // The group has moved on: what was not committed comes again, to whoever has the partition now.
    if (!told.findBy?.('needsRejoin', true)) throw error
  }
}

function bytes(value: unknown): unknown {
  if (value === null || value === undefined) return undefined
  return typeof value === 'string' ? Buffer.from(value) : value
}
