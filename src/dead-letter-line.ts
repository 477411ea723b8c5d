import { SluiceError } from './errors.js'
import { headerPairs, headersOf, type Message } from './message.js'

/** One message as a line of a file: NDJSON, with bytes as base64, so that key, value and headers come back as they were. */
interface MessageLine {
  topic: string | null
  partition: number | string | null
  offset: string | null
  key: string | null
  value: string | null
  /** In order; a header of no value has `null`. */
  headers: [name: string, value: string | null][]
}

/** A message as a line of a file of dead letters. Throws `sink/unwritable` for a key, a value or a header that is neither bytes nor text. */
export function messageLine({ topic, partition, offset, key, value, headers }: Message): string {
  const line: MessageLine = {
    topic: topic ?? null,
    partition: partition ?? null,
    offset: offset === undefined ? null : String(offset),
    key: base64('key', key),
    value: base64('value', value),
    headers: headerPairs(headers).map(([name, one]) => [name, base64(`header ${name}`, one)]),
  }
  return `${JSON.stringify(line)}\n`
}

/** Throws `input/dead-letter`; `place` names the line. */
export function parseMessageLine(text: string, place: string): Message {
  let line: MessageLine
  try {
    line = JSON.parse(text)
    const { topic, partition, offset, key, value, headers } = line
    const isPlace = isTextOrNull(topic) && isTextOrNull(offset) && (typeof partition === 'number' || isTextOrNull(partition))
    const pairs = headers.every((pair) => pair.length === 2 && typeof pair[0] === 'string' && isBase64OrNull(pair[1]))
    if (!isPlace || !pairs || !isBase64OrNull(key) || !isBase64OrNull(value)) throw new TypeError('it is of another form')
  } catch (cause) {
    const advice = 'if it was cut off by a crash, its message was never committed and comes again, so remove the line'
    throw new SluiceError('input/dead-letter', `${place} is no dead letter of sluice; ${advice}.`, { cause })
  }
  return {
    topic: line.topic ?? undefined,
    partition: line.partition ?? undefined,
    offset: line.offset ?? undefined,
    key: bytes(line.key),
    value: bytes(line.value),
    headers: headersOf(line.headers.map(([name, value]) => [name, bytes(value)])),
  }
}

function isTextOrNull(value: unknown): boolean {
  return value === null || typeof value === 'string'
}

/** Node skips what is no base64; then a damaged value would come back as another one. */
function isBase64OrNull(value: unknown): boolean {
  return value === null || (typeof value === 'string' && Buffer.from(value, 'base64').toString('base64') === value)
}

function bytes(text: string | null): Buffer | null {
  return text === null ? null : Buffer.from(text, 'base64')
}

function base64(what: string, value: unknown): string | null {
  if (value === null || value === undefined) return null
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
  if (typeof value === 'string') return Buffer.from(value).toString('base64')
  const sentence = `The ${what} of a message is an object, and a file of dead letters holds bytes; let the client give bytes (no deserializer).`
  throw new SluiceError('sink/unwritable', sentence)
}
