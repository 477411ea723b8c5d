import type { FileSourceOptions, SchemaOptions, ValidateOptions } from '../index.js'

/** Paths of the outputs; `-` is standard output, undefined is none. */
export interface OutputSettings {
  valid: string | undefined
  invalid: string | undefined
  violations: string | undefined
  report: string | undefined
}

/** How several inputs are dealt with. */
export interface ManySettings {
  jobs: number | undefined
  failFast: boolean | undefined
  /** Folder for one file of each kind for each input. */
  outputDir: string | undefined
  /** Path for one line of JSON for each input. */
  reports: string | undefined
}

/** What `sluice validate` was asked to do. */
export interface ValidateSettings {
  /** Files, folders, patterns; `-` is standard input. */
  inputs: readonly string[]
  /** Path of a file that names more inputs, one a line. */
  manifest: string | undefined
  /** What makes a run one of many inputs though one was named; all undefined otherwise. */
  many: ManySettings
  /** How inputs are decompressed. */
  source: Pick<FileSourceOptions, 'compression' | 'decompressedBytesMax' | 'decompressionRatioMax'>
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

/** What `sluice replay` was asked to do. */
export interface ReplaySettings {
  /** Path of the dead letters. */
  input: string
  /** Path of the schema. */
  schema: string
  outputs: OutputSettings
  /** Whether valid messages are written as their values alone. */
  values: boolean
  /** What messages without a value are. */
  tombstones: 'valid' | 'invalid'
}

/** What `sluice init` was asked to do. */
export interface InitSettings {
  /** Path of the file to write, or `-`. */
  output: string
  /** Whether a file that exists is overwritten. */
  force: boolean
}
