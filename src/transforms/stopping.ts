import type { StreamOptions } from '../native.js'
import type { RecordCheck } from '../schema/checks.js'

/** What became of one record. */
export interface RecordOutcome {
  readonly isRefused: boolean
  /** A rule of severity `abort` refused it. */
  readonly aborts: boolean
}

type Limit = Pick<StreamOptions, 'maxErrors' | 'maxErrorsPercent' | 'maxErrorsWarmUp'>

/**
 * Decides where a stream is stopped whose schema has rules in JavaScript, for the addon knows nothing of what they refuse: by `maxErrors`, as the addon does
 * where it decides alone, and by their severity.
 */
export class Stopping {
  readonly #limit: Limit
  #read = 0
  #invalid = 0

  private constructor(limit: Limit) {
    this.#limit = limit
  }

  /** Undefined where the addon decides alone, or nothing stops the stream. */
  static of(checks: readonly RecordCheck[], limit: Limit): Stopping | undefined {
    const hasLimit = limit.maxErrors !== undefined || limit.maxErrorsPercent !== undefined
    const isNeeded = checks.some(({ severity }) => severity === 'abort') || (checks.length > 0 && hasLimit)
    return isNeeded ? new Stopping(limit) : undefined
  }

  /** Takes the records that come next, and gives the index of the one at which the stream is to be stopped, if it is one of these. */
  take(outcomes: Iterable<RecordOutcome>): number | undefined {
    let index = 0
    for (const { isRefused, aborts } of outcomes) {
      this.#read += 1
      if (isRefused) this.#invalid += 1
      const isWarm = this.#limit.maxErrors !== undefined || this.#read >= this.#limit.maxErrorsWarmUp
      if (aborts || (isRefused && isWarm && this.#isPassed())) return index
      index += 1
    }
    return undefined
  }

  /** Whether the stream is to be stopped at its end: a share is asked there of fewer records, too. */
  isPassedAtEnd(): boolean {
    return this.#isPassed()
  }

  #isPassed(): boolean {
    const { maxErrors, maxErrorsPercent } = this.#limit
    if (maxErrors !== undefined) return this.#invalid > maxErrors
    return maxErrorsPercent !== undefined && this.#invalid * 100 > maxErrorsPercent * this.#read
  }
}

/** Has the addon leave it to JavaScript where the stream is stopped. */
export function decideLate(options: StreamOptions): void {
  options.keepsBatches = true
  delete options.maxErrors
  delete options.maxErrorsPercent
}
