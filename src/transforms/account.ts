import type { Continuation } from '../continuation.js'
import type { NativeStream } from '../native.js'
import { addWarnings, type Counts, noCounts, type Report } from '../report.js'
import type { Earlier } from './beginning.js'
import type { Opened } from './opened.js'
import type { Tally } from './tally.js'

/** What one stream has come to. */
export class Account {
  readonly counts: Counts = { ...noCounts }
  readonly tally: Tally
  bytesRead = 0
  /** What happened, once the stream has ended or was stopped. */
  report: Report | undefined
  /** Digest of the options that decide what comes out. */
  decisiveDigest = ''
  /** How many inputs of the same whole came before, where it is part of one. */
  inputNumber: number | undefined
  #startedAt = new Date()

  constructor(tally: Tally) {
    this.tally = tally
  }

  get startedAt(): Date {
    return this.#startedAt
  }

  /** Takes over what an earlier stream has come to; gives its state for the addon. */
  goOnFrom({ snapshot, startedAt }: Earlier): string {
    const { read, invalid, violations, warnings, seek, state } = snapshot
    Object.assign(this.counts, addWarnings({ read, valid: read - invalid, invalid, violations }, warnings))
    this.bytesRead = seek
    this.#startedAt = startedAt
    return state
  }

  /** The report until now; undefined before anything was read. */
  reportOf({ flight, queue }: Pick<Opened, 'flight' | 'queue'>, complete: boolean): Report | undefined {
    const text = flight.native.report(this.#startedAt.toISOString(), new Date().toISOString(), complete, this.inputNumber)
    if (!text) return undefined
    const report: Report = this.tally.settled(JSON.parse(text))
    const ahead = queue?.handedOnBeyond(report.counts.read) ?? 0
    report.counts.read += ahead
    report.counts.valid += ahead
    return report
  }

  /** With what another stream goes on from here; undefined where none can. */
  continuationOf(native: NativeStream | undefined): Continuation | undefined {
    const snapshot = native?.snapshot()
    return snapshot ? { snapshot, startedAt: this.#startedAt.toISOString(), options: this.decisiveDigest } : undefined
  }
}
