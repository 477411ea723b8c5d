import { headerPairs, headersOf, type Message, type MessagePosition } from '../message.js'
import { Assignment } from './assignment.js'
import { HandOver } from './hand-over.js'
import type { MessageClient } from './message-client.js'
import { type ProducerSinkOptions, sendingSink } from './outgoing.js'

/** A message of kafkajs, with the place it came from. */
export interface KafkaJSMessage extends Message {
  readonly topic: string
  readonly partition: number
  readonly offset: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly timestamp: string
  readonly headers?: Record<string, Buffer | string | (Buffer | string)[] | undefined> | undefined
}

interface Batch {
  topic: string
  partition: number
  messages: Omit<KafkaJSMessage, 'topic' | 'partition'>[]
  lastOffset(): string
}

interface EachBatch {
  batch: Batch
  resolveOffset(offset: string): void
  heartbeat(): Promise<void>
}

/** What is used of a kafkajs Consumer. */
export interface KafkaJSConsumer {
  readonly events: { readonly GROUP_JOIN: string; readonly CRASH: string }
  on(event: any, listener: (event: any) => void): () => void
  run(config: any): Promise<void>
  stop(): Promise<void>
  commitOffsets(offsets: { topic: string; partition: number; offset: string }[]): Promise<void>
}

/** What is used of a kafkajs Producer. */
export interface KafkaJSProducer {
  send(record: { topic: string; messages: any[]; acks?: number }): Promise<unknown>
}

/** How often a consumer that is held back tells the group that it lives. */
const heartbeatMs = 1_000
/** Messages that are handed over at a time: few, since what was handed over cannot be taken back. */
const sliceMessages = 64
/** Errors of a commit that say that the group has moved on: what was not committed comes again, to whoever has the partition now. */
const rebalanceErrors = new Set(['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'NOT_COORDINATOR_FOR_GROUP'])

/**
 * The messages of a kafkajs consumer that has connected and subscribed, with their `commit`:
 *
 *     const orders = kafkajsMessages(consumer)
 *     await check.split(orders, { commit: orders.commit, valid: kafkajsSink(producer, 'orders-valid'), invalid: deadLetters('dead.ndjson') })
 *
 * It runs the consumer, without automatic commits, and stops it at the end; connecting and disconnecting is yours. While the messages are
 * not taken, nothing more is fetched and the consumer stays in its group. Fails when the consumer crashes for good.
 */
export function kafkajsMessages(consumer: KafkaJSConsumer): MessageClient<KafkaJSMessage> {
  const assignment = new Assignment<KafkaJSMessage>()
  return {
    [Symbol.asyncIterator]: () => follow(consumer, assignment)[Symbol.asyncIterator](),
    commit: (positions) => commit(consumer, assignment.stillOurs(positions)),
  }
}

/** A sink that sends messages to `topic`, in order, key, value and headers as they came, and waits until all replicas have them. */
export function kafkajsSink(
  producer: KafkaJSProducer,
  topic: string,
  options: ProducerSinkOptions = {},
): (messages: readonly Message[]) => Promise<void> {
  const send = (messages: Message[]) => {
    const outgoing = messages.map(({ key, value, headers }) => ({
      key: key ?? null,
      value: value ?? null,
      headers: headersOf(headerPairs(headers)),
    }))
    return producer.send({ topic, acks: -1, messages: outgoing })
  }
  return sendingSink(send, options)
}

function follow(consumer: KafkaJSConsumer, assignment: Assignment<KafkaJSMessage>): HandOver<KafkaJSMessage> {
  const handOver = new HandOver<KafkaJSMessage>(async () => {
    for (const forget of listeners) forget()
    await consumer.stop()
  })
  const listeners = [
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => assignment.update(partitionsOf(payload.memberAssignment))),
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      // After the other crashes the consumer starts anew by itself.
      if (!payload.restart) handOver.fail(payload.error)
    }),
  ]
  const eachBatch = async ({ batch, resolveOffset, heartbeat }: EachBatch) => {
    const { topic, partition } = batch
    const messages = batch.messages.map((message) => assignment.mark({ ...message, topic, partition }))
    for (let at = 0; at < messages.length; at += sliceMessages) {
      // A heartbeat throws when the group is rebalancing. Then what was not taken is taken back, for it will be fetched again.
      if (!(await handOver.put(messages.slice(at, at + sliceMessages), heartbeat, heartbeatMs))) return
    }
    resolveOffset(batch.lastOffset())
  }
  consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch }).catch((error) => handOver.fail(error))
  return handOver
}

function partitionsOf(assigned: Record<string, number[]>): [string, number][] {
  return Object.entries(assigned).flatMap(([topic, partitions]) => partitions.map((partition): [string, number] => [topic, partition]))
}

async function commit(consumer: KafkaJSConsumer, positions: MessagePosition<KafkaJSMessage>[]): Promise<void> {
  if (positions.length === 0) return
  try {
    await consumer.commitOffsets(positions.map(({ topic, offset, last }) => ({ topic, partition: last.partition, offset })))
  } catch (error) {
    if (!isRebalance(error)) throw error
  }
}

function isRebalance(error: unknown): boolean {
  const { type, cause } = error as { type?: string; cause?: unknown }
  return (type !== undefined && rebalanceErrors.has(type)) || (cause instanceof Error && isRebalance(cause))
}
