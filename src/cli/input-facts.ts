import { fstatSync, type Stats, statSync } from 'node:fs'
import { extname } from 'node:path'
import type { ValidateOptions } from './settings.js'

/** What can be told of an input before it is read. */
export interface InputFacts {
  /** What the end of its name says of its format; options that were given come first. */
  options: ValidateOptions
  /** Its size in bytes; undefined for what is no regular file, or not there. */
  bytes: number | undefined
}

const optionsByExtension: Record<string, ValidateOptions> = {
  '.csv': { format: 'csv' },
  '.tsv': { format: 'csv', delimiter: '\t' },
  '.ndjson': { format: 'ndjson' },
  '.jsonl': { format: 'ndjson' },
}

/** Looks at an input's name and size. That it cannot be read is for the source to say. */
export function inputFacts(input: string): InputFacts {
  const stats = statsOf(input)
  return { options: optionsByExtension[extname(input).toLowerCase()] ?? {}, bytes: stats?.isFile() ? stats.size : undefined }
}

function statsOf(input: string): Stats | undefined {
  try {
    return input === '-' ? fstatSync(0) : statSync(input)
  } catch {
    return undefined
  }
}
