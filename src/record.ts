import { encodeRecord } from './encode.js'
import { SluiceError } from './errors.js'
import { checkJson, compilePlan, type NativePlan } from './native.js'
import { frozenSchema } from './schema/frozen-schema.js'
import type { JSONSchema } from './schema/json-schema.js'
import { planOptions, type SchemaOptions } from './schema/schema-options.js'
import type { Violation } from './violation.js'

// By the schema, and by the options that go with it, of which the same ones come again.
const plans = new WeakMap<object, WeakMap<object, NativePlan>>()
const noOptions: SchemaOptions = {}

/**
 * Checks one value against a schema, at once and on this thread. A schema is compiled once for each pair of objects `schema` and `options`.
 *
 * Throws `schema/…` when it cannot be compiled, `schema/stream-rule` when it asks what one record alone cannot be asked, and `input/record` for a value that JSON has no word for.
 */
export function checkRecord(schema: JSONSchema, value: unknown, options: SchemaOptions = noOptions): Violation[] {
  const json = encodeRecord(value)
  const plan = planOf(schema, options)
  const [rule] = plan.streamRules
  if (rule !== undefined) throw ofNoStream(rule)
  const text = checkJson(plan, json)
  return parseViolations(text)
}

function ofNoStream(rule: string): SluiceError {
  const text = `The schema has ${rule}, a rule over the whole stream, which one record cannot be asked; use validate(), or a schema without that rule.`
  return new SluiceError('schema/stream-rule', text)
}

/** The violations in NDJSON text. */
export function parseViolations(text: string): Violation[] {
  return text === ''
    ? []
    : text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Violation)
}

/** The violations of each record, by its number. */
export function groupByRecord(violations: readonly Violation[]): Map<number, Violation[]> {
  const groups = new Map<number, Violation[]>()
  for (const violation of violations) {
    const group = groups.get(violation.record)
    if (group) group.push(violation)
    else groups.set(violation.record, [violation])
  }
  return groups
}

function planOf(schema: JSONSchema, options: SchemaOptions): NativePlan {
  // What is no schema at all is for the compiler to refuse.
  if (typeof schema !== 'object' || schema === null) return compilePlan(schema, planOptions(options))
  let compiled = plans.get(schema)
  if (!compiled) {
    compiled = new WeakMap()
    plans.set(schema, compiled)
  }
  const known = compiled.get(options)
  if (known) return known
  const plan = compilePlan(frozenSchema(schema), planOptions(options))
  compiled.set(options, plan)
  return plan
}
