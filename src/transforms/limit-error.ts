import { SluiceError } from '../errors.js'
import type { Report } from '../report.js'
import type { Violation } from '../violation.js'
import type { ValidateOptions } from './options.js'

/** A stream that was stopped, at `maxErrors`, by a rule of severity `abort` or by `onUndecided`: the error, with what was found until then. */
export class LimitError extends SluiceError {
  readonly report: Report
  /** What it was stopped at, for `limit/abort`. */
  readonly violation: Violation | undefined

  constructor(code: 'limit/max-errors' | 'limit/undecided' | 'limit/abort', message: string, report: Report, violation?: Violation) {
    super(code, message)
    this.report = report
    this.violation = violation
  }
}

/** What stopped a stream whose report is `report`: a rule of severity `abort` by the violation `abort`, `onUndecided`, or else `maxErrors`. */
export function limitErrorOf(
  report: Report,
  { onUndecided, maxErrors }: Pick<ValidateOptions, 'onUndecided' | 'maxErrors'>,
  abort: Violation | undefined,
): LimitError {
  const { read, invalid } = report.counts
  if (abort) return new LimitError('limit/abort', abortMessage(abort), report, abort)
  // The first record that is undecided is the last one that is read.
  if (onUndecided === 'abort' && report.undecided > 0) {
    const message = `Stopped at record ${read}, which could not be decided (see its violation); raise the limit that it names, or choose another onUndecided.`
    return new LimitError('limit/undecided', message, report)
  }
  const message = `Stopped after ${read} records, ${invalid} of them invalid: more than maxErrors (${maxErrors}) allows.`
  return new LimitError('limit/max-errors', message, report)
}

/** A sentence with the rule and the place, and without the value. */
export function abortMessage({ code, rule, field, source, record, line, byte }: Violation): string {
  const name = rule === undefined ? code : `${code} ${JSON.stringify(rule)}`
  const of = field === null ? '' : ` of ${JSON.stringify(field)}`
  const place = [line === null ? [] : `line ${line}`, byte === null ? [] : `byte ${byte}`].flat().join(', ')
  const where = `record ${record}${source === null ? '' : ` of ${source}`}${place === '' ? '' : ` (${place})`}`
  return `Stopped at ${where}, which does not meet the rule ${name}${of}, whose severity is abort.`
}
