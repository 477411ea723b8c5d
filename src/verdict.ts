import type { StreamSnapshot } from './native.js'
import type { Counts, Report } from './report.js'
import type { Violation } from './violation.js'

/** What became of the records of one chunk. */
export interface Verdict {
  /** The refused records, byte for byte, in order; for CSV the first verdict's begins with the header row. */
  invalid: Buffer
  /** The violations as NDJSON, one a line; warnings of valid records too. */
  violations: Buffer
  /** The header row, on the first chunk of CSV that has one: `invalid` begins with it, and what is valid, if the chunk is not empty. */
  header?: Buffer
  /** With `header`, where valid records are transformed: their own header row, with which the chunk begins if it is not empty. It may be empty. */
  validHeader?: Buffer
  /** Counts of this chunk alone. */
  counts: Counts
  /** With `emit: 'all'`: where the refused records are in the chunk, in order. */
  refused?: readonly RefusedSpan[]
  /** The whole stream's report; on the last chunk only. */
  report?: Report
  /** What the stream has come to with this chunk, where that is to be kept. */
  snapshot?: StreamSnapshot
  /** Only where the stream was stopped at `maxErrors`: keeps its error back until the sink has finished what it can. */
  hold?: (finished: Promise<void>) => void
  /** Where the stream was stopped early: whether what came until then is finished, as a part of the whole, or discarded, all but the report. */
  unfinished?: 'keep' | 'discard'
}

/** Bytes of a chunk that were refused: a record, or part of one that goes on in the next chunk. */
export interface RefusedSpan {
  /** First byte. */
  start: number
  /** Past the last byte, line end included. */
  end: number
}

/** What `validate` gives for each object with `emit: 'all'`. */
export interface Judged<T = unknown> {
  /** The very object that came in. */
  record: T
  /** It meets the schema. */
  valid: boolean
  /** What is wrong with it; a valid one has warnings at most. */
  violations: Violation[]
  /** 0-based index in the stream. */
  index: number
}

/** An object that was refused. */
export interface Refusal<T = unknown> {
  /** The very object that came in. */
  record: T
  violations: Violation[]
  /** 0-based index in the stream. */
  index: number
}

// Symbol.for, so that two copies of the package in one program understand each other.
const verdictKey = Symbol.for('sluice.verdict')
/** The method by which a sink asks a stream of records for its refusals, which cannot ride on a chunk of bytes. */
export const subscribeKey = Symbol.for('sluice.subscribe')

/** What a sink gives to a stream of records. A promise returned from `refused` holds the stream back. */
export interface Subscriber {
  /** It parts valid records from invalid ones. */
  readonly parts?: boolean
  /** `violations` are those of the refused records, and the warnings of all, in the order of the records. */
  refused(refusals: Refusal[], violations: Violation[]): void | Promise<void>
  /** At the end; `hold` as in a Verdict. */
  report(report: Report, hold?: Verdict['hold']): void
}

export interface Subscribable {
  [subscribeKey](subscriber: Subscriber): void
}

/** The verdict that a chunk from `validate()` carries; undefined for any other value. */
export function verdictOf(chunk: unknown): Verdict | undefined {
  return chunk instanceof Uint8Array ? (chunk as { [verdictKey]?: Verdict })[verdictKey] : undefined
}

/** Makes `bytes` carry `verdict`. A plain Writable sees the bytes alone. */
export function withVerdict(bytes: Buffer, verdict: Verdict): Buffer {
  Object.defineProperty(bytes, verdictKey, { value: verdict })
  return bytes
}
