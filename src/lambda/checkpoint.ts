import type { Continuation } from '../continuation.js'

/** From where on an object is to be read. It is JSON, and small: the report so far is the largest part of it. */
export interface LambdaCheckpoint {
  bucket: string
  key: string
  versionId?: string
  /** What the object has to be still. */
  etag?: string
  /** Byte of the object at which the next record begins. */
  start: number
  /** Number of that record; 1 is the first data record. */
  record: number
  /** What was found before; absent where the object is to be read from its beginning. */
  continuation?: Continuation
}

/** The event by which the next invocation goes on. */
export interface LambdaNextEvent {
  sluiceCheckpoints: LambdaCheckpoint[]
}
