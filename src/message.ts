import { SluiceError } from './errors.js'
import type { Violation } from './violation.js'

/** The headers of a message: names with values, as an object (kafkajs: an array holds the values of a name that stands twice) or as a Map. */
export type MessageHeaders = Readonly<Record<string, unknown>> | ReadonlyMap<unknown, unknown>

/** One message of a broker, as far as Sluice looks at it. What else an object has stays on it. */
export interface Message {
  readonly topic?: string | undefined
  readonly partition?: number | string | undefined
  readonly offset?: string | bigint | number | undefined
  readonly key?: unknown
  /** Bytes or text are JSON; `null` and `undefined` are a tombstone; anything else is a record as an object. */
  readonly value?: unknown
  readonly headers?: MessageHeaders | undefined
}

/** What became of one message. */
export interface MessageVerdict<M extends Message = Message> {
  /** The very message that came in. */
  message: M
  valid: boolean
  /** What is wrong with it; a valid one has warnings at most. `source` is `topic/partition/offset`, and `record` is 1: a message is a source of its own, with one record. */
  violations: Violation[]
  /** Identity of the schema that it was checked by. */
  schemaDigest: string
}

/** Up to where a partition has been dealt with. */
export interface MessagePosition<M extends Message = Message> {
  topic: string
  partition: number | string
  /** The next offset to read. */
  offset: string
  /** The last message before it. */
  last: M
}

/** Takes messages, and resolves when it has them for good. Topic, partition and offset of a message are those it came from. */
export type MessageSink = (messages: readonly Message[]) => unknown

/** Throws `input/record` for what is no message: what has no place to name cannot be told of otherwise. */
export function refuseNoMessage(message: unknown): void {
  if (typeof message === 'object' && message !== null) return
  const what = message === null ? 'null' : `of type ${typeof message}`
  throw new SluiceError('input/record', `A message is ${what}; give objects with what is to be checked as their value: { value }.`)
}

/** The headers as pairs, in order, one pair for each value. */
export function headerPairs(headers: MessageHeaders | undefined): [name: string, value: unknown][] {
  if (headers === undefined || headers === null) return []
  const entries: Iterable<[unknown, unknown]> = headers instanceof Map ? headers : Object.entries(headers)
  const pairs: [string, unknown][] = []
  for (const [name, value] of entries) {
    for (const one of Array.isArray(value) ? value : [value]) pairs.push([String(name), one])
  }
  return pairs
}

/** Pairs as an object; a name that stands more than once gets an array. */
export function headersOf(pairs: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  const headers = new Map<string, unknown>()
  for (const [name, value] of pairs) {
    headers.set(name, headers.has(name) ? [headers.get(name), value].flat() : value)
  }
  return Object.fromEntries(headers)
}

/** The name of the message in violations: `topic/partition/offset`, or `null` where it has none of the three. */
export function placeOf({ topic, partition, offset }: Message): string | null {
  const parts = [topic, partition, offset].filter((part) => part !== undefined)
  return parts.length === 0 ? null : parts.join('/')
}

/** Bytes of value and key; of what is neither bytes nor text nobody can tell, and it counts nothing. */
export function bytesOf({ key, value }: Message): number {
  return lengthOf(key) + lengthOf(value)
}

function lengthOf(value: unknown): number {
  if (value instanceof Uint8Array) return value.length
  return typeof value === 'string' ? Buffer.byteLength(value) : 0
}

/** The positions after `messages`: for each partition past the last one that came. A message without an offset has none. */
export function positionsAfter<M extends Message>(messages: readonly M[]): MessagePosition<M>[] {
  const positions = new Map<string, MessagePosition<M>>()
  for (let at = messages.length - 1; at >= 0; at -= 1) {
    const last = messages[at] as M
    const { topic = '', partition = 0, offset } = last
    const name = partitionName(topic, partition)
    if (offset === undefined || positions.has(name)) continue
    positions.set(name, { topic, partition, offset: String(BigInt(offset) + 1n), last })
  }
  return [...positions.values()]
}

/** A name for one partition of a topic, for maps. */
export function partitionName(topic: string, partition: number | string): string {
  return `${partition}/${topic}`
}
