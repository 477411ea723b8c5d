import type { Bound, Report } from './report.js'
import type { Violation } from './violation.js'

/** What the records of a report as a whole do not meet: one violation for each bound, of no record (`record` is 0). */
export function wholeViolations({ streamRules, source, format }: Report): Violation[] {
  return (streamRules?.bounds ?? [])
    .filter(({ met }) => met === false)
    .map((bound) => ({
      code: bound.code,
      keyword: bound.keyword,
      field: bound.field,
      ...(format !== 'csv' && { pointer: '' }),
      message: messageOf(bound),
      value: null,
      params: { [boundOf(bound)]: bound.limit, count: bound.count, ...(bound.field !== null && { of: bound.of }) },
      source,
      record: 0,
      line: null,
      byte: null,
      column: null,
    }))
}

/** True where nothing is wrong with the records as a whole, as far as that was asked. */
export function isWholeMet({ streamRules }: Report): boolean {
  return (streamRules?.bounds ?? []).every(({ met }) => met !== false)
}

function messageOf(bound: Bound): string {
  if (bound.field !== null) return `is missing in ${bound.count} of ${bound.of} records, a larger part of them than ${bound.limit}`
  return `there are ${bound.count} records, ${boundOf(bound) === 'maximum' ? 'more' : 'fewer'} than ${bound.limit}`
}

function boundOf({ code }: Bound): 'minimum' | 'maximum' {
  return code.endsWith('/maximum') ? 'maximum' : 'minimum'
}
