import { types } from 'node:util'
import { SluiceError } from '../errors.js'
import { checkRecord } from '../record.js'
import { refuses, type Violation } from '../violation.js'
import { checksOf, type Finding, isThenable, judgedByAll, type RecordCheck } from './checks.js'
import { findingOf, pointerOf, violationOf } from './finding.js'
import type { JSONSchema } from './json-schema.js'
import { isSluiceSchema, jsonSchemaOf, type Schema, type SchemaInput, schemaOptionsOf } from './schema.js'
import type { SchemaOptions } from './schema-options.js'
import { isStandardSchema, type StandardInput, type StandardOutput, type StandardSchema } from './standard.js'

// A message names so many violations; all of them are in `violations`.
const namedMax = 3

/** A function made by `validated` was given a record that does not meet its schema. The message holds names and rules, never values. */
export class ValidationError extends SluiceError {
  declare readonly code: 'record/invalid'
  /** All that is wrong with the record, warnings too; at least one is no warning. */
  readonly violations: readonly Violation[]

  constructor(violations: readonly Violation[]) {
    super('record/invalid', messageOf(violations))
    this.violations = violations
  }
}

type Check = (record: unknown) => unknown

const nowhere = { source: null, record: 1, line: null, byte: null, column: null }

/**
 * The function `fn`, with its first argument checked before each call. `this`, the other arguments, the name and the length stay; what `fn`
 * returns is returned, so generators and promises pass through.
 *
 * Warnings are let through, for there is nobody to tell of them. A record that does not meet the schema makes the call throw a ValidationError (`record/invalid`); a function declared `async` rejects
 * with it instead. A schema of another library (Standard Schema) checks by its own means, and `fn` gets what it gives back. If such a
 * schema answers with a promise, `fn` must be declared `async`; otherwise the call throws `schema/invalid`.
 *
 * @throws SluiceError `schema/invalid` when the schema is none; what is wrong with its keywords shows at the first call.
 */
export function validated<T, F extends (record: T, ...rest: never[]) => unknown>(schema: Schema<T>, fn: F): F
export function validated<S extends StandardSchema, This, Rest extends unknown[], R>(
  schema: S,
  fn: (this: This, record: StandardOutput<S>, ...rest: Rest) => R,
): (this: This, record: StandardInput<S>, ...rest: Rest) => R
export function validated<This, Rest extends unknown[], R, T = Record<string, unknown>>(
  schema: JSONSchema,
  fn: (this: This, record: T, ...rest: Rest) => R,
): (this: This, record: T, ...rest: Rest) => R
export function validated(schema: SchemaInput | StandardSchema, fn: (...args: unknown[]) => unknown): unknown {
  if (typeof fn !== 'function') throw new SluiceError('option/invalid', 'validated() takes a schema and a function.')
  const check =
    isStandardSchema(schema) && !isSluiceSchema(schema)
      ? standardCheck(schema)
      : ownCheck(jsonSchemaOf(schema), schemaOptionsOf(schema), checksOf(schema))
  const wrapped = types.isAsyncFunction(fn) && !types.isGeneratorFunction(fn) ? rejecting(check, fn) : throwing(check, fn)
  Object.defineProperty(wrapped, 'name', { value: fn.name, configurable: true })
  return Object.defineProperty(wrapped, 'length', { value: fn.length, configurable: true })
}

function throwing(check: Check, fn: (...args: unknown[]) => unknown): (...args: unknown[]) => unknown {
  return function (this: unknown, ...args: unknown[]): unknown {
    const [record, ...rest] = args
    const outcome = check(record)
    if (types.isPromise(outcome)) {
      // The promise is dropped, so its rejection must not become an unhandled one.
      outcome.catch(() => undefined)
      throw new SluiceError(
        'schema/invalid',
        'The schema validates by a promise; the function given to validated() must be declared async.',
      )
    }
    return Reflect.apply(fn, this, [outcome, ...rest])
  }
}

function rejecting(check: Check, fn: (...args: unknown[]) => unknown): (...args: unknown[]) => unknown {
  return async function (this: unknown, ...args: unknown[]): Promise<unknown> {
    const [record, ...rest] = args
    return Reflect.apply(fn, this, [await check(record), ...rest])
  }
}

function ownCheck(json: JSONSchema, options: SchemaOptions, checks: readonly RecordCheck[]): Check {
  const passed = (record: unknown, findings: readonly Finding[]) => {
    if (!findings.some(refuses)) return record
    throw new ValidationError(findings.map((finding) => violationOf(finding, { ...nowhere, pointer: pointerOf(finding.path) })))
  }
  return (record) => {
    const violations = checkRecord(json, record, options)
    if (violations.some(refuses)) throw new ValidationError(violations)
    const outcome = judgedByAll(checks, record)
    return isThenable(outcome) ? outcome.then((findings) => passed(record, findings)) : passed(record, outcome)
  }
}

function standardCheck(schema: StandardSchema): Check {
  const { vendor } = schema['~standard']
  const outcome = (result: Awaited<ReturnType<StandardSchema['~standard']['validate']>>) => {
    if (result.issues === undefined) return result.value
    const violations = result.issues.map((issue) => {
      const finding = findingOf(issue, vendor)
      return violationOf(finding, { ...nowhere, pointer: pointerOf(finding.path) })
    })
    throw new ValidationError(violations)
  }
  return (record) => {
    const result = schema['~standard'].validate(record)
    return 'then' in result ? Promise.resolve(result).then(outcome) : outcome(result)
  }
}

function messageOf(violations: readonly Violation[]): string {
  const named = violations.slice(0, namedMax).map(({ field, message }) => (field === null ? message : `${shownName(field)}: ${message}`))
  const more = violations.length - named.length
  return `The record does not meet its schema: ${named.join('; ')}${more > 0 ? `; and ${more} more` : ''}`
}

/** Plain names as they are; others quoted, so that a line break in a name cannot break a log. */
function shownName(name: string): string {
  return /^[\w./ -]+$/.test(name) ? name : JSON.stringify(name)
}
