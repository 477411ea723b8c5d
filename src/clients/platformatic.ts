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

/**
 * The messages of a consumer of @platformatic/kafka, with their `commit`, as `kafkajsMessages` gives them. `options` go to its `consume`
 * (`topics` at least); it begins at what the group has committed, or at the earliest message, and never commits by itself. Closing the
 * consumer is yours.
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
      new Following(consumer.consume({ mode: 'committed', fallbackMode: 'earliest', ...options, autocommit: false }), mark),
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
  readonly #stream: Promise<Stream<M>>
  readonly #mark: (message: M) => void
  #iterator: AsyncIterator<M> | undefined

  constructor(stream: Promise<Stream<M>>, mark: (message: M) => void) {
    this.#stream = stream
    this.#mark = mark
    // Whoever asks for the first message hears of it.
    stream.catch(() => {})
  }

  async next(): Promise<IteratorResult<M>> {
    this.#iterator ??= (await this.#stream)[Symbol.asyncIterator]()
    const result = await this.#iterator.next()
    if (!result.done) this.#mark(result.value)
    return result
  }

  // The stream is ended itself: its iterator would first wait for the next message.
  async return(): Promise<IteratorResult<M>> {
    const stream = await this.#stream.catch(() => undefined)
    stream?.destroy()
    return { done: true, value: undefined }
  }
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
