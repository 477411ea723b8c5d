import type { StreamSnapshot } from './native.js'
import type { Report } from './report.js'

/** What a stream that was stopped early has come to: with it, and the bytes from `snapshot.seek` on, another one goes on. */
export interface Continuation {
  snapshot: StreamSnapshot
  /** When the first of them began. */
  startedAt: string
  /** Digest of the options that decide what comes out. */
  options: string
}

/** A stream that was stopped early. Both are undefined where nothing was read yet; no more than a report is there where it cannot be gone on with. */
export interface Stopped {
  report: Report | undefined
  continuation: Continuation | undefined
}

/** How `validate` is told what to go on from: `{ [continuationKey]: Continuation }` among its options. */
export const continuationKey = Symbol.for('sluice.continuation')
/** The method by which `validate` is stopped before the end of its input. */
export const stopKey = Symbol.for('sluice.stop')
