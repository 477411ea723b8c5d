import { SluiceError } from '../errors.js'
import type { Report } from '../report.js'

/** A stream that was stopped, at `maxErrors` or by `onUndecided`: the error, with what was found until then. */
export class LimitError extends SluiceError {
  readonly report: Report

  constructor(code: 'limit/max-errors' | 'limit/undecided', message: string, report: Report) {
    super(code, message)
    this.report = report
  }
}
