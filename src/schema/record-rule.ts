import { SluiceError } from '../errors.js'
import type { Severity } from '../violation.js'
import type { RecordRule } from './json-schema.js'
import { severityOf } from './severity.js'

/** What may be said of a rule beside its expression. */
export interface RuleOptions {
  /** What a violation says, for people; by default the expression. */
  message?: string | undefined
  /** How much it weighs that a record does not meet it. Default `error`: the record is refused. */
  severity?: Severity | undefined
}

/** The rules with one more. Throws `option/invalid`. */
export function ruled(rules: readonly RecordRule[], id: string, cel: string, options: RuleOptions): RecordRule[] {
  if (typeof options !== 'object' || options === null) throw wrong('Options of a rule are an object: { message, severity }.')
  const unknown = Object.keys(options).find((name) => name !== 'message' && name !== 'severity')
  if (unknown !== undefined) throw wrong(`A rule has no option ${JSON.stringify(unknown)}; it has message and severity.`)
  const { message } = options
  const severity = options.severity === undefined ? undefined : severityOf(options.severity, `the rule ${JSON.stringify(id)}`)
  if (typeof id !== 'string' || id === '') throw wrong('A rule begins with its id, which is text: rule("dates", "start <= end").')
  if (typeof cel !== 'string') throw wrong(`The rule ${JSON.stringify(id)} needs an expression, which is text.`)
  if (message !== undefined && typeof message !== 'string') throw wrong(`The message of the rule ${JSON.stringify(id)} is not text.`)
  if (rules.some((rule) => rule.id === id)) throw wrong(`There is a rule ${JSON.stringify(id)} already; give this one another id.`)
  return [...rules, { id, cel, ...(message !== undefined && { message }), ...(severity !== undefined && { severity }) }]
}

function wrong(message: string): SluiceError {
  return new SluiceError('option/invalid', message)
}
