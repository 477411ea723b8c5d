import { SluiceError } from '../errors.js'
import type { Report } from '../report.js'
import type { ValidateOptions } from './options.js'

/** A stream that was stopped, at `maxErrors` or by `onUndecided`: the error, with what was found until then. */
export class LimitError extends SluiceError {
  readonly report: Report

  constructor(code: 'limit/max-errors' | 'limit/undecided', message: string, report: Report) {
    super(code, message)
    this.report = report
  }
}

/** What stopped a stream whose report is `report`: `onUndecided`, or else `maxErrors`. */
export function limitErrorOf(report: Report, { onUndecided, maxErrors }: Pick<ValidateOptions, 'onUndecided' | 'maxErrors'>): LimitError {
  const { read, invalid } = report.counts
  // The first record that is undecided is the last one that is read.
  if (onUndecided === 'abort' && report.undecided > 0) {
    const message = `Stopped at record ${read}, which could not be decided (see its violation); raise the limit that it names, or choose another onUndecided.`
    return new LimitError('limit/undecided', message, report)
  }
  const message = `Stopped after ${read} records, ${invalid} of them invalid: more than maxErrors (${maxErrors}) allows.`
  return new LimitError('limit/max-errors', message, report)
}
