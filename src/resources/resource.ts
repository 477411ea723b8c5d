import type { Readable } from 'node:stream'
import type { ValidateOptions } from '../transforms/options.js'

/** Where the bytes of a reference come from: a path, `s3://bucket/key`, a `file:` URL, or any Readable of bytes, which can be read once. */
export type ResourceSource = string | URL | Readable

/** A reference, and how it is written. What is left out is found out as for any input; `missing` and `duplicateKeys` are those of the stream. */
export interface ResourceOptions
  extends Pick<
    ValidateOptions,
    | 'format'
    | 'recordPath'
    | 'encoding'
    | 'dialect'
    | 'delimiter'
    | 'quote'
    | 'escape'
    | 'comment'
    | 'skipInitialSpace'
    | 'header'
    | 'blankLines'
    | 'missing'
    | 'duplicateKeys'
  > {
  source: ResourceSource
}

/** A file of records that foreign keys (`x-foreignKeys`) refer to. */
export type Resource = ResourceSource | ResourceOptions
