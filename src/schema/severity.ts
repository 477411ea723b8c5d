import { SluiceError } from '../errors.js'
import type { Severity } from '../violation.js'

/** `x-severity`: one word for the keywords beside it, or a word for each that is named. */
export type SeverityKeyword = Severity | { readonly [keyword: string]: Severity }

const severities: readonly unknown[] = ['error', 'warning', 'abort'] satisfies Severity[]

/** The severity that was given to `what`. Throws `option/invalid`. */
export function severityOf(value: unknown, what: string): Severity {
  if (severities.includes(value)) return value as Severity
  throw new SluiceError('option/invalid', `The severity of ${what} is ${JSON.stringify(value)}; it must be error, warning or abort.`)
}

/** What `x-severity` becomes when `keywords`, or all where none is named, get one more severity. Throws `option/invalid`. */
export function severitiesWith(
  before: SeverityKeyword | undefined,
  severity: Severity,
  keywords: readonly string[],
  has: (keyword: string) => boolean,
): SeverityKeyword {
  severityOf(severity, 'a field')
  if (keywords.length === 0) {
    if (before === undefined) return severity
    throw new SluiceError('option/invalid', 'The field has a severity already; name the keywords that this one is for.')
  }
  if (typeof before === 'string') {
    throw new SluiceError('option/invalid', `All keywords of the field have the severity ${before} already; name those that it is for.`)
  }
  const lost = keywords.find((keyword) => typeof keyword !== 'string' || !has(keyword))
  if (lost !== undefined) {
    const text = `The field has no keyword ${JSON.stringify(lost)} to give a severity to; call severity() after the rule that it is for.`
    throw new SluiceError('option/invalid', text)
  }
  const twice = keywords.find((keyword) => before?.[keyword] !== undefined)
  if (twice !== undefined) throw new SluiceError('option/invalid', `The keyword ${twice} of the field has a severity already.`)
  return { ...before, ...Object.fromEntries(keywords.map((keyword) => [keyword, severity])) }
}
