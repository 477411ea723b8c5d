import { encodeRecord } from './encode.js'
import { checkJson, compilePlan, type NativePlan } from './native.js'
import type { JSONSchema } from './schema/json-schema.js'
import type { Violation } from './violation.js'

const options = { formatAssertion: true, ignoreUnknown: false, mask: [] }
const plans = new WeakMap<object, NativePlan>()

/**
 * Checks one value against a schema, at once and on this thread. The schema is compiled once for each object that is given.
 *
 * Throws `schema/…` when it cannot be compiled and `input/record` for a value that JSON has no word for.
 */
export function checkRecord(schema: JSONSchema, value: unknown): Violation[] {
  const json = encodeRecord(value)
  const text = checkJson(planOf(schema), json)
  return parseViolations(text)
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

function planOf(schema: JSONSchema): NativePlan {
  if (typeof schema === 'boolean') return compilePlan(schema, options)
  const known = plans.get(schema)
  if (known) return known
  const plan = compilePlan(schema, options)
  plans.set(schema, plan)
  return plan
}
