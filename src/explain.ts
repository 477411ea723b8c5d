import { explainJson } from './native.js'
import { type AnySchema, rulesOf } from './schema/rules.js'
import { planOptions, type SchemaOptions, schemaOptionsIn } from './schema/schema-options.js'
import type { Severity } from './violation.js'

/**
 * How a keyword is enforced: by the compiled plan; by the full engine, which is slower; not at all, because it asks nothing of a record; not at all,
 * because nobody here can, so that the schema is refused; or in JavaScript, on records that passed Rust.
 */
export type Enforcement = 'compiled' | 'full-engine' | 'annotation' | 'refused' | 'javascript'

/** One keyword of a schema, where it stands. */
export interface ExplainedKeyword {
  /** JSON pointer of the keyword in the schema (RFC 6901); `''` for what is wrong with the schema as a whole. */
  pointer: string
  /** The keyword; `''` for the schema as a whole. */
  keyword: string
  how: Enforcement
  /** Why, where that is not plain. */
  note: string | null
  /** How much its violations weigh; absent for errors, and for what has none. */
  severity?: Exclude<Severity, 'error'>
}

/**
 * Tells how each keyword of `schema` is enforced, in the order of the schema. A schema that `validate` would refuse is no error here: the
 * keyword that is to blame is `refused`, and its note is the message. Checks, and what is left to the library of a foreign schema, come last.
 *
 * Throws `schema/invalid` and `schema/too-large` for what is no schema at all, and `option/invalid`.
 */
export function explain(schema: AnySchema, options: SchemaOptions = {}): ExplainedKeyword[] {
  const { json, options: own, notes } = rulesOf(schema)
  return [...JSON.parse(explainJson(json, planOptions({ ...own, ...schemaOptionsIn(options) }))), ...notes]
}
