import { isSluiceError, SluiceError } from '../errors.js'
import type { Severity } from '../violation.js'
import { severityOf } from './severity.js'

/** A rule in JavaScript: `true` for a record that meets it, else a sentence that says what is wrong. It must not change the record. */
export type CheckFunction<T = unknown> = (record: T) => true | string | Promise<true | string>

/** What a check has found wrong with a record. */
export interface Finding {
  readonly code: 'check/refused' | 'check/failed' | 'standard/issue'
  readonly rule: string
  readonly message: string
  /** From the top of the record to what is wrong. */
  readonly path: readonly PropertyKey[]
  readonly params: Record<string, unknown>
  /** As in a Violation: absent for an error. */
  readonly severity?: Exclude<Severity, 'error'>
  /** What the check threw. */
  readonly cause?: unknown
}

/** What runs in JavaScript on a record that passed Rust. What goes wrong in it is a finding; it throws `schema/lossy` alone. */
export interface RecordCheck {
  readonly id: string
  readonly severity: Severity
  /** Of bytes it is given numbers as JSON.parse reads them, all of them doubles. Else an integer beyond 2^53 is a bigint. */
  readonly takesDoubles?: boolean
  judge(record: unknown): readonly Finding[] | Promise<readonly Finding[]>
}

const none: readonly Finding[] = []

/** What may be said of a rule in JavaScript beside its function. */
export interface CheckOptions {
  /** How much it weighs that a record does not meet it. Default `error`: the record is refused. */
  severity?: Severity | undefined
}

/** The RecordCheck of a rule that was given to `.check()`. Throws `option/invalid`. */
export function checkOf(id: string, check: CheckFunction<never>, options: CheckOptions = {}): RecordCheck {
  if (typeof id !== 'string' || id === '' || typeof check !== 'function') {
    throw new SluiceError('option/invalid', 'check() takes a name, which is not empty, and a function.')
  }
  if (typeof options !== 'object' || options === null) {
    throw new SluiceError('option/invalid', 'Options of a check are an object: { severity }.')
  }
  const unknown = Object.keys(options).find((name) => name !== 'severity')
  if (unknown !== undefined) throw new SluiceError('option/invalid', `A check has no option ${JSON.stringify(unknown)}; it has severity.`)
  const severity = severityOf(options.severity ?? 'error', `the check ${JSON.stringify(id)}`)
  const finding = (outcome: unknown): readonly Finding[] => {
    if (outcome === true) return none
    if (typeof outcome === 'string') return [{ code: 'check/refused', rule: id, message: outcome, path: [], params: {} }]
    return failed(id, new TypeError(`it gave ${outcome === false ? 'false' : `a value of type ${typeof outcome}`}, not true or a sentence`))
  }
  return { id, severity, judge: (record) => judged(id, () => check(record as never), finding) }
}

/** What a check has found, with its severity. */
export function weighed(findings: readonly Finding[], { severity }: RecordCheck): readonly Finding[] {
  return severity === 'error' || findings.length === 0 ? findings : findings.map((finding) => ({ ...finding, severity }))
}

/** Asks all checks of one record; by a promise where one of them answers with one. */
export function judgedByAll(checks: readonly RecordCheck[], record: unknown): readonly Finding[] | Promise<readonly Finding[]> {
  const outcomes = checks.map((check) => check.judge(record))
  const whole = (found: readonly (readonly Finding[])[]) => found.flatMap((findings, at) => weighed(findings, checks[at] as RecordCheck))
  if (!outcomes.some(isThenable)) return whole(outcomes as (readonly Finding[])[])
  return Promise.all(outcomes).then(whole)
}

/** Runs `run`, now or by a promise, and tells what came of it by `finding`; a fault is a finding of its own. */
export function judged(
  id: string,
  run: () => unknown,
  finding: (outcome: unknown) => readonly Finding[],
): readonly Finding[] | Promise<readonly Finding[]> {
  try {
    const outcome = run()
    if (!isThenable(outcome)) return finding(outcome)
    return Promise.resolve(outcome)
      .then(finding)
      .catch((fault) => failedOrThrown(id, fault))
  } catch (fault) {
    return failedOrThrown(id, fault)
  }
}

/** What is wrong with the schema, and not with the record, fails the stream. */
function failedOrThrown(id: string, fault: unknown): readonly Finding[] {
  if (isSluiceError(fault, 'schema/lossy')) throw fault
  return failed(id, fault)
}

/** A rule that could not be decided: the record is refused, under a code of its own. */
export function failed(rule: string, cause: unknown): readonly Finding[] {
  const error = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
  return [{ code: 'check/failed', rule, message: 'could not be decided: its rule failed', path: [], params: { error }, cause }]
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

/** Where a schema keeps its checks; by Symbol.for, so that two copies of the package understand each other. */
export const checksKey = Symbol.for('sluice.checks')

/** The checks that a schema of the builder has. */
export function checksOf(schema: unknown): readonly RecordCheck[] {
  return (typeof schema === 'object' && schema !== null && (schema as { [checksKey]?: readonly RecordCheck[] })[checksKey]) || []
}
