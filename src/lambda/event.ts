import { SluiceError } from '../errors.js'
import type { LambdaCheckpoint } from './checkpoint.js'

/** A message of SQS or Kinesis. */
export interface LambdaMessage {
  /** What a partial failure names it by: the messageId, or the sequence number. */
  id: string
  /** Text of SQS, bytes of Kinesis. */
  value: string | Buffer
  /** The record of the event as Lambda gave it. */
  record: unknown
}

/** Within what later messages wait for those before them: nothing, the whole queue (FIFO), or the shard, which is gone on with from its first failure. */
export type MessageOrder = 'none' | 'queue' | 'shard'

export type LambdaWork =
  | { kind: 'objects'; checkpoints: LambdaCheckpoint[] }
  | { kind: 'messages'; messages: LambdaMessage[]; order: MessageOrder }

interface EventRecord {
  eventSource?: string
  eventName?: string
  eventSourceARN?: string
  s3?: { bucket?: { name?: string }; object?: { key?: string; versionId?: string } }
  messageId?: string
  body?: string
  kinesis?: { sequenceNumber?: string; data?: string }
}

/** What an event asks for. Throws `event/unknown`. */
export function workOf(event: unknown): LambdaWork {
  const { Records: records, sluiceCheckpoints: checkpoints } = (event ?? {}) as { Records?: unknown; sluiceCheckpoints?: unknown }
  if (Array.isArray(checkpoints)) return { kind: 'objects', checkpoints: checkpoints.map(checkedCheckpoint) }
  if (!Array.isArray(records) || records.length === 0) throw unknown('it has no Records')
  const sources = new Set(records.map((record: EventRecord) => record?.eventSource))
  if (sources.size > 1) throw unknown(`its Records are of several sources: ${[...sources].join(', ')}`)
  const [source] = sources
  if (source === 'aws:s3') return { kind: 'objects', checkpoints: records.map(objectOf) }
  if (source === 'aws:sqs') {
    // Within a queue that keeps an order, what comes after a failure waits for it.
    const isOrdered = records.some(({ eventSourceARN }: EventRecord) => eventSourceARN?.endsWith('.fifo'))
    return { kind: 'messages', messages: records.map(sqsMessage), order: isOrdered ? 'queue' : 'none' }
  }
  if (source === 'aws:kinesis') return { kind: 'messages', messages: records.map(kinesisMessage), order: 'shard' }
  throw unknown(`its Records are of ${String(source)}`)
}

function objectOf({ eventName, s3 }: EventRecord): LambdaCheckpoint {
  if (!eventName?.startsWith('ObjectCreated:'))
    throw unknown(`${eventName} tells of no object to read; subscribe to s3:ObjectCreated:* only`)
  const [bucket, key] = [s3?.bucket?.name, s3?.object?.key]
  if (!bucket || !key) throw unknown('a record of S3 has no bucket or no key')
  const { versionId } = s3?.object ?? {}
  // In events of S3, and only there, keys are written as in forms.
  return { bucket, key: decoded(key), start: 0, record: 1, ...(versionId && { versionId }) }
}

function decoded(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '))
  } catch {
    throw unknown(`the key ${JSON.stringify(key)} is not written as S3 writes it`)
  }
}

function sqsMessage({ messageId, body, ...rest }: EventRecord): LambdaMessage {
  if (typeof messageId !== 'string' || typeof body !== 'string') throw unknown('a record of SQS has no messageId or no body')
  return { id: messageId, value: body, record: { messageId, body, ...rest } }
}

function kinesisMessage(record: EventRecord): LambdaMessage {
  const { sequenceNumber, data } = record.kinesis ?? {}
  if (typeof sequenceNumber !== 'string' || typeof data !== 'string') throw unknown('a record of Kinesis has no sequenceNumber or no data')
  return { id: sequenceNumber, value: Buffer.from(data, 'base64'), record }
}

function checkedCheckpoint(value: LambdaCheckpoint): LambdaCheckpoint {
  const isPlace = typeof value?.bucket === 'string' && typeof value.key === 'string'
  if (isPlace && Number.isSafeInteger(value.start) && Number.isSafeInteger(value.record)) return value
  throw unknown('its sluiceCheckpoints are not those of an outcome')
}

function unknown(why: string): SluiceError {
  return new SluiceError(
    'event/unknown',
    `The event is none of S3 (ObjectCreated), SQS or Kinesis, nor what an unfinished outcome gave: ${why}.`,
  )
}
