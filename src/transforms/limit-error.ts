import { SluiceError } from '../errors.js'
import type { Report } from '../report.js'

/** A stream that was stopped at `maxErrors`: the error, with what was found until then. */
export class LimitError extends SluiceError {
  readonly report: Report

  constructor(message: string, report: Report) {
    super('limit/max-errors', message)
    this.report = report
  }
}
