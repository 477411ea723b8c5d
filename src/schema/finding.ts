import type { Position, Violation } from '../violation.js'
import type { Finding } from './checks.js'
import type { StandardIssue } from './standard.js'

/** An issue of another library. Its message may quote the value, so it is kept with the details, apart from our message. */
export function findingOf({ message, path }: StandardIssue, vendor: string): Finding {
  const steps = (path ?? []).map((step) => (typeof step === 'object' ? step.key : step))
  const params = { vendor, message }
  return { code: 'standard/issue', rule: vendor, message: `is refused by the schema of ${vendor}`, path: steps, params }
}

/** RFC 6901. */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${escaped(step)}`).join('')
}

function escaped(step: PropertyKey): string {
  return String(step).replaceAll('~', '~0').replaceAll('/', '~1')
}

/** Where the record of a finding stands. */
export interface Place extends Position {
  /** For records of JSON and for objects. */
  readonly pointer?: string
  readonly recordPointer?: string
}

/** The violation that a finding is. What a check threw is its `cause`, which is not written out. */
export function violationOf({ code, rule, severity, message, path, params, cause }: Finding, place: Place): Violation {
  const { pointer, recordPointer, source, record, line, byte, column } = place
  const [first] = path
  const violation: Violation = {
    code,
    keyword: null,
    rule,
    ...(severity !== undefined && { severity }),
    field: first === undefined ? null : path.length === 1 ? String(first) : path.map(escaped).join('/'),
    ...(pointer !== undefined && { pointer }),
    ...(recordPointer !== undefined && { recordPointer }),
    message,
    value: path.length === 0 ? null : '***',
    params,
    source,
    record,
    line,
    byte,
    column,
  }
  if (cause !== undefined) Object.defineProperty(violation, 'cause', { value: cause })
  return violation
}
