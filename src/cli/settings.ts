import type { SchemaOptions, ValidateOptions } from '../index.js'

/** Paths of the outputs; `-` is standard output, undefined is none. */
export interface OutputSettings {
  valid: string | undefined
  invalid: string | undefined
  violations: string | undefined
  report: string | undefined
}

/** What `sluice validate` was asked to do. */
export interface ValidateSettings {
  /** Path of the input, or `-`. */
  input: string
  /** Path of the schema. */
  schema: string
  /** Directory that `$ref` may lead into. */
  references: string | undefined
  /** Path of a Table Dialect. */
  dialect: string | undefined
  outputs: OutputSettings
  /** Path of the checkpoint; undefined for none. */
  checkpoint: string | undefined
  /** Whether to print the report. */
  json: boolean
  /** Whether to show progress and summary; undefined leaves it to standard error being a terminal. */
  progress: boolean | undefined
  /** Undefined ones take the defaults of `validate()`. */
  options: ValidateOptions
}

/** What `sluice explain` was asked to do. */
export interface ExplainSettings {
  /** Path of the schema. */
  schema: string
  /** Directory that `$ref` may lead into. */
  references: string | undefined
  /** Whether to print JSON. */
  json: boolean
  options: SchemaOptions
}

/** What `sluice init` was asked to do. */
export interface InitSettings {
  /** Path of the file to write, or `-`. */
  output: string
  /** Whether a file that exists is overwritten. */
  force: boolean
}
