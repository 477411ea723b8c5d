import type { Position, Severity } from './violation.js'

export interface Counts {
  /** Data records read. */
  read: number
  /** Records that meet the schema. */
  valid: number
  /** Records that were refused. */
  invalid: number
  /** Violations that refuse a record; a refused record has at least one. */
  violations: number
  /** Violations of rules of severity `warning`, which refuse nothing; they are not among `violations`. Absent where there are none. */
  warnings?: number
}

/** What nothing was counted in. */
export const noCounts: Readonly<Counts> = Object.freeze({ read: 0, valid: 0, invalid: 0, violations: 0 })

/** Adds warnings to `counts`. */
export function addWarnings<T extends Counts>(counts: T, warnings: number): T {
  if (warnings > 0) counts.warnings = (counts.warnings ?? 0) + warnings
  return counts
}

export interface Sample extends Position {
  value: unknown
}

export interface RuleCount {
  field: string | null
  keyword: string | null
  code: string
  /** Rules of `x-rules` and in JavaScript: as in the violation. */
  rule?: string
  /** As in the violation: absent for an error. */
  severity?: Exclude<Severity, 'error'>
  /** Violations of this rule. */
  count: number
  /** Those with the smallest positions, at most `samplesPerRule`. */
  samples: Sample[]
}

/** A bound that is asked of the records as a whole, at their end (`x-recordCount`, `x-missingRatio`). */
export interface Bound {
  /** The field; `null` for the records themselves. */
  field: string | null
  keyword: 'x-recordCount' | 'x-missingRatio'
  /** The code of its violation. */
  code: 'recordCount/minimum' | 'recordCount/maximum' | 'missingRatio/maximum'
  /** Records; or a part of them, from 0 to 1. */
  limit: number
  /** Records, or those in which the field is missing or null. */
  count: number
  /** The records that `count` is a part of: those that could be read. */
  of: number
  /** `null` before the end: in the report of one of several inputs, which are asked together, and where the input was not read to its end. */
  met: boolean | null
}

/** What rules over the whole stream have come to. */
export interface StreamRules {
  /** Of so many streams `x-unique` and `x-order` were asked, each by itself; 1 where of all together. */
  streams: number
  bounds: Bound[]
}

/** What happened to a stream. Its own JSON Schema is `report.schema.json` of the package. Partial reports merge with `mergeReports`. */
export interface Report {
  /** Version of Sluice that made it. */
  version: string
  /** `sha256:` and 64 hexadecimal digits over the canonical JSON of the schema. */
  schemaDigest: string
  format: 'csv' | 'ndjson' | 'json' | 'records' | 'mixed'
  /** How the input was written; `null` for objects, `mixed` after a merge of different ones. */
  encoding: 'utf-8' | 'utf-16le' | 'utf-16be' | 'latin1' | 'windows-1252' | 'mixed' | null
  /** What stands between CSV fields; `null` for other formats, and after a merge of different ones. */
  delimiter: string | null
  /** How sure that is, from 50 to 100, where it was told from the records (`delimiter: 'auto'`); the least of a merge. */
  delimiterConfidencePercent: number | null
  /** The source; `null` when it has no name. */
  source: string | null
  /** Every source of a merged report, sorted; one entry or none otherwise. */
  sources: string[]
  /** Bytes read. 0 for object streams. */
  bytes: number
  counts: Counts
  /** Records on which some rule could not be decided (`pattern/undecided`, `schema/undecided`) and that break no other; they are among `valid` or `invalid`, as `onUndecided` says. */
  undecided: number
  /** Violations, of any severity, that were counted but not written out: those of one record beyond `violationsPerRecordMax`. */
  violationsUnwritten: number
  /** Samples kept per rule at most. */
  samplesPerRule: number
  /** Most violated rule first, then by field, keyword, code, rule and severity. */
  rules: RuleCount[]
  /** Where the schema has rules over the whole stream. A merge adds up what was counted, and asks the bounds again. */
  streamRules?: StreamRules
  /** RFC 3339, UTC, milliseconds. */
  startedAt: string
  endedAt: string
  /** False when the stream was stopped before the end of its input. */
  complete: boolean
}
