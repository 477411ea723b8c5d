import type { Severity } from '../violation.js'
import { checksOf, type RecordCheck } from './checks.js'
import { foreignRules } from './foreign/foreign.js'
import type { JSONSchema } from './json-schema.js'
import { isSluiceSchema, jsonSchemaOf, type RecordOf as OwnRecordOf, type SchemaInput, schemaOptionsOf } from './schema.js'
import type { SchemaOptions } from './schema-options.js'
import { isStandardSchema, type StandardOutput, type StandardSchema } from './standard.js'

/** What `validate` takes: a Schema of the builder, a JSON Schema, or a schema of another library (Standard JSON Schema, TypeBox). */
export type AnySchema = SchemaInput | StandardSchema

/** The type of a record that passes: inferred where the schema tells it, else `Record<string, unknown>`. */
export type RecordOf<S> = S extends SchemaInput
  ? S extends { readonly '~standard': unknown }
    ? OwnRecordOf<S>
    : S extends { readonly static: infer T }
      ? T
      : Record<string, unknown>
  : S extends StandardSchema
    ? StandardOutput<S>
    : Record<string, unknown>

/** One thing that a schema says, and how it is enforced. */
export interface ForeignNote {
  /** JSON pointer within the JSON Schema. */
  readonly pointer: string
  /** What the other library calls it. */
  readonly keyword: string
  readonly how: 'javascript'
  readonly note: string
  /** As in ExplainedKeyword. */
  readonly severity?: Exclude<Severity, 'error'>
}

/** What a schema asks: in Rust, and then in JavaScript of the records that passed. */
export interface Rules {
  readonly json: JSONSchema
  /** What the schema itself says of how it is to be read. */
  readonly options: SchemaOptions
  readonly checks: readonly RecordCheck[]
  /** What runs in JavaScript, for `explain`. */
  readonly notes: readonly ForeignNote[]
}

/** Throws `schema/…` for what cannot be used, and `schema/lossy` for what would be lost. */
export function rulesOf(input: AnySchema): Rules {
  if (isStandardSchema(input) && !isSluiceSchema(input)) return foreignRules(input)
  const schema = input as SchemaInput
  const checks = checksOf(schema)
  const note = 'runs in JavaScript on records that passed Rust'
  const notes = checks.map(({ id, severity }) => ({
    pointer: '',
    keyword: `check ${id}`,
    how: 'javascript' as const,
    note,
    ...(severity !== 'error' && { severity }),
  }))
  return { json: jsonSchemaOf(schema), options: schemaOptionsOf(schema), checks, notes }
}
