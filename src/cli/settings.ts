import type { ValidateOptions } from '../index.js'

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
  /** Path of a Table Dialect. */
  dialect: string | undefined
  outputs: OutputSettings
  /** Whether to print the report. */
  json: boolean
  /** Whether to show progress and summary; undefined leaves it to standard error being a terminal. */
  progress: boolean | undefined
  /** Undefined ones take the defaults of `validate()`. */
  options: ValidateOptions
}

/** What `sluice init` was asked to do. */
export interface InitSettings {
  /** Path of the file to write, or `-`. */
  output: string
  /** Whether a file that exists is overwritten. */
  force: boolean
}
