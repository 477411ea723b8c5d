import { type FileOutcome, mergeReports, type Report } from '../../index.js'
import { isWholeMet } from '../../whole-stream.js'
import { isLimit } from '../ending.js'
import { exitCodes } from '../exit-codes.js'

/** Reports that are merged at once: each merge reads all of the one before. */
const reportsAtOnce = 256

/** What became of all inputs until now. */
export class Tally {
  #waiting: Report[] = []
  #merged: Report | undefined
  #read = 0
  #bytes = 0
  #invalid = 0
  #failed = 0
  #stopped = 0
  finishedCount = 0

  add({ report, error }: FileOutcome): void {
    if (error && isLimit(error)) this.#stopped += 1
    else if (error) this.#failed += 1
    // What was found in an input that failed is in no output, so it is not in the report of the outputs either.
    if (error || !report) return
    this.finishedCount += 1
    this.#read += report.counts.read
    this.#bytes += report.bytes
    this.#invalid += report.counts.invalid
    this.#waiting.push(report)
    if (this.#waiting.length >= reportsAtOnce) this.#merge()
  }

  counts(): { read: number } {
    return { read: this.#read }
  }

  bytesRead(): number {
    return this.#bytes
  }

  /** The report of all inputs that were read to their ends; not complete where others were not. Undefined where there are none. */
  get report(): Report | undefined {
    this.#merge()
    return this.#merged && { ...this.#merged, complete: this.#merged.complete && this.#failed + this.#stopped === 0 }
  }

  get exitCode(): number {
    if (this.#failed > 0) return exitCodes.failed
    if (this.#stopped > 0) return exitCodes.stopped
    const { report } = this
    return this.#invalid > 0 || (report && !isWholeMet(report)) ? exitCodes.invalid : exitCodes.valid
  }

  #merge(): void {
    if (this.#waiting.length === 0) return
    this.#merged = mergeReports(...(this.#merged ? [this.#merged] : []), ...this.#waiting)
    this.#waiting = []
  }
}
