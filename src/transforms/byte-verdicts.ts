import type { NativeStream, StreamSnapshot } from '../native.js'
import { addWarnings, noCounts, type Report } from '../report.js'
import { type Verdict, withVerdict } from '../verdict.js'
import type { Violation } from '../violation.js'
import { inOrder, type JudgedBytes } from './byte-judge.js'
import { withValues } from './values.js'

const nothing = Buffer.alloc(0)

/** A batch, before and after the rules in JavaScript. */
export type Landed = JudgedBytes

/** Makes the chunks that go on from a stream of bytes: records that carry their verdict. The first one begins with the header row. */
export class ByteVerdicts {
  readonly #native: NativeStream
  readonly #emitsAll: boolean
  #headerSent: boolean

  /** `emitsAll`: invalid records go on among the valid ones. `headerSent`: an earlier run has sent the header row. */
  constructor(native: NativeStream, emitsAll: boolean, headerSent: boolean) {
    this.#headerSent = headerSent
    this.#native = native
    this.#emitsAll = emitsAll
  }

  /** The chunk of a batch. */
  chunk(landed: Landed): Buffer {
    return valued(withVerdict(...this.#bytesAndVerdict(landed)), landed)
  }

  /** The last chunk, which carries the report, and what the records as a whole do not meet. */
  last(report: Report, snapshot: StreamSnapshot | undefined, ofWhole: readonly Violation[]): Buffer {
    // Of a source without a batch, such as an empty JSON array, the header row is all that there is.
    const header = this.#headerSent ? null : this.#native.validHeader
    const violations = Buffer.from(ofWhole.map((violation) => `${JSON.stringify(violation)}\n`).join(''))
    const verdict = this.#nextVerdict(nothing, violations)
    verdict.counts.violations = ofWhole.length
    return withVerdict(header ?? nothing.subarray(), { ...verdict, report, ...(snapshot && { snapshot }) })
  }

  /** The last chunk of a stream that is stopped, with the batch that it is stopped at. */
  stopped(landed: Landed | undefined, last: Partial<Verdict>): Buffer {
    const [bytes, carried] = landed ? this.#bytesAndVerdict(landed) : [nothing.subarray(), this.#nextVerdict(nothing, nothing)]
    return valued(withVerdict(bytes, { ...carried, ...last }), landed)
  }

  #bytesAndVerdict(landed: Landed): [Buffer, Verdict] {
    const { verdict } = landed
    const header = this.#validHeader()
    const carried = this.#nextVerdict(verdict.invalid, verdict.violations)
    if (landed.before.snapshot) carried.snapshot = landed.before.snapshot
    const { readCount: read, invalidCount: invalid, violationCount: violations } = verdict
    carried.counts = addWarnings({ read, valid: read - invalid, invalid, violations }, verdict.warningCount)
    if (!this.#emitsAll) return [header ? Buffer.concat([header, verdict.valid]) : verdict.valid, carried]
    const { bytes, refused } = inOrder(landed, landed.before)
    const shift = header?.length ?? 0
    carried.refused = refused.map(({ start, end }) => ({ start: start + shift, end: end + shift }))
    return [header ? Buffer.concat([header, bytes]) : bytes, carried]
  }

  #nextVerdict(invalid: Buffer, violations: Buffer): Verdict {
    const header = this.#header()
    const validHeader = this.#headerSent ? null : this.#native.validHeader
    this.#headerSent = true
    return {
      invalid: header ? Buffer.concat([header, invalid]) : invalid,
      violations,
      ...(header && { header }),
      ...(validHeader && { validHeader }),
      counts: { ...noCounts },
    }
  }

  /** The header row of the valid records, before the first verdict. */
  #validHeader(): Buffer | undefined {
    const header = this.#headerSent ? undefined : (this.#native.validHeader ?? this.#native.header)
    return header && header.length > 0 ? header : undefined
  }

  /** The header row, before the first verdict. */
  #header(): Buffer | undefined {
    const header = this.#headerSent ? undefined : this.#native.header
    return header && header.length > 0 ? header : undefined
  }
}

/** The chunk with the values of its records, where they were asked for. */
function valued(chunk: Buffer, landed: Landed | undefined): Buffer {
  const records = landed?.verdict.records
  // What comes out of records() is what goes out.
  if (!landed || !records) return chunk
  const { results, columns, ...others } = records
  const goingOut = results ? { ...others, ...results } : records
  return withValues(chunk, { records: goingOut, refused: landed.refusedValues })
}
