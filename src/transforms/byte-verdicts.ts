import type { BatchVerdict, NativeStream } from '../native.js'
import type { Report } from '../report.js'
import { type Verdict, withVerdict } from '../verdict.js'

const nothing = Buffer.alloc(0)

/** Makes the chunks that go on from a stream of bytes: valid bytes that carry their verdict. The first one begins with the header row. */
export class ByteVerdicts {
  readonly #native: NativeStream
  #headerSent = false

  constructor(native: NativeStream) {
    this.#native = native
  }

  /** The chunk of a batch. */
  chunk(verdict: BatchVerdict): Buffer {
    return withVerdict(...this.#bytesAndVerdict(verdict))
  }

  /** The last chunk, which carries the report. */
  last(report: Report): Buffer {
    return withVerdict(nothing.subarray(), { ...this.#nextVerdict(nothing, nothing), report })
  }

  /** The last chunk of a stream that is stopped, with the batch that it is stopped at. */
  stopped(verdict: BatchVerdict | undefined, report: Report, hold: NonNullable<Verdict['hold']>): Buffer {
    const [bytes, carried] = verdict ? this.#bytesAndVerdict(verdict) : [nothing.subarray(), this.#nextVerdict(nothing, nothing)]
    return withVerdict(bytes, { ...carried, report, hold })
  }

  #bytesAndVerdict(verdict: BatchVerdict): [Buffer, Verdict] {
    const header = this.#header()
    const carried = this.#nextVerdict(verdict.invalid, verdict.violations)
    carried.counts = {
      read: verdict.readCount,
      valid: verdict.readCount - verdict.invalidCount,
      invalid: verdict.invalidCount,
      violations: verdict.violationCount,
    }
    return [header ? Buffer.concat([header, verdict.valid]) : verdict.valid, carried]
  }

  #nextVerdict(invalid: Buffer, violations: Buffer): Verdict {
    const header = this.#header()
    this.#headerSent = true
    return {
      invalid: header ? Buffer.concat([header, invalid]) : invalid,
      violations,
      counts: { read: 0, valid: 0, invalid: 0, violations: 0 },
    }
  }

  /** The header row, before the first verdict. */
  #header(): Buffer | undefined {
    const header = this.#headerSent ? undefined : this.#native.header
    return header && header.length > 0 ? header : undefined
  }
}
