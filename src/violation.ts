/** Where a record, or what is wrong in it, stands in its source. */
export interface Position {
  /** Name of the source: the path as given, `-` for standard input, `null` when the source has no name. */
  source: string | null
  /** Number of the record; 1 is the first data record, and 0 stands for the records as a whole. */
  record: number
  /** Physical line on which the record begins, 1-based; for a quote that never closes, the line where it opened. `null` for object streams. */
  line: number | null
  /** Offset in bytes from the start of the source to the record's first byte; for a quote that never closes, to that quote. `null` for object streams. */
  byte: number | null
  /** CSV: index of the column, 0-based. `null` when the violation is of the whole record, or the record is no CSV. */
  column: number | null
}

/**
 * Every code of a violation that is no JSON Schema keyword, with what it means. A code never changes its meaning. For a keyword (`minimum`,
 * `pattern`, `required` …) the code is the keyword.
 */
export const violationCodes = {
  'fields/short': 'CSV: fewer fields than the header.',
  'fields/long': 'CSV: more fields than the header.',
  'quote/unclosed': 'CSV: a quote that never closes; line and byte are the quote’s, and reading goes on at the line after it.',
  'quote/stray': 'CSV: a quote in a field that is not quoted, or text after a closing quote.',
  'record/too-large': 'Longer than `recordBytesMax`.',
  'encoding/utf8': 'Not UTF-8.',
  'encoding/utf16': 'Not UTF-16: half a surrogate pair, or half a code unit at the end.',
  'encoding/windows-1252': 'A byte that windows-1252 does not define.',
  'transform/value':
    'A value cannot be written in the form that was asked for without becoming another one; `params.field` names it, `params.reason` says why (`missing`: its text stands for no value, `type`: it would be read as another type, `quote`: it needs quotes and there are none, `name`: two fields have one name).',
  'json/syntax': 'Not JSON (RFC 8259).',
  'json/depth': 'Nested deeper than `depthMax`.',
  'json/duplicate-key': 'One name twice in an object (`duplicateKeys`).',
  'json/surrogate': 'A `\\u` escape that is half a surrogate pair.',
  'false-schema': 'A value where the schema allows none (`false`).',
  'pattern/undecided': 'A pattern took more than `patternStepsMax` steps (`onUndecided`).',
  'check/refused': 'A rule in JavaScript refused the record; `rule` names it.',
  'check/failed': 'A rule in JavaScript threw, or gave neither true nor a sentence.',
  'standard/issue': 'The library of the schema refused the record.',
  'schema/undecided': 'Nested too deep for the schema to be decided on it (`onUndecided`).',
  rule: 'A rule of `x-rules` is false of the record; `rule` names it.',
  'rule/error':
    'A rule of `x-rules` is neither true nor false of the record; `params.reason` says why (`absent`, `type`, `conversion`, `division-by-zero`, `index`, `number-size`, `steps`), `params.at` where.',
  'unique/duplicate':
    'The key of the record (`x-unique`) came before; `params.first` says where (`record`, `line`, `source`), `params.fields` names the fields.',
  'reference/unknown':
    'The key of the record (`x-foreignKeys`) is not in the reference; `params.resource` names that, `params.referenceFields` its fields.',
  'order/broken': 'The value comes before that of the last record in order (`x-order`); `params.after` says where that stands.',
  'order/incomparable': 'The value has no order with those before it (`x-order`): a number among texts, or what is neither.',
  'recordCount/minimum': 'The records as a whole: there are fewer than `x-recordCount` asks for.',
  'recordCount/maximum': 'The records as a whole: there are more than `x-recordCount` allows.',
  'missingRatio/maximum': 'The records as a whole: a field is missing or null in a larger part of them than `x-missingRatio` allows.',
  'message/tombstone': 'Messages: no value (`tombstones`).',
  'message/unreadable': 'Messages: `select` threw, or gave what JSON has no word for.',
} as const satisfies Record<string, string>

/** How much it weighs that a record does not meet a rule: it is refused; it is told and counted, and passes; it is refused, and the stream stops. */
export type Severity = 'error' | 'warning' | 'abort'

/** One thing that is wrong with one record. Data, never thrown. */
export interface Violation extends Position {
  /** Stable, for programs: the keyword for a schema rule (`minimum`), `<area>/<what>` for the rest (`fields/short`, `json/syntax`). */
  code: string
  /** The JSON Schema keyword that the record does not meet; `null` when the record could not be read as one, or a rule in JavaScript refused it. */
  keyword: string | null
  /** Rules of `x-rules`: the id. Rules in JavaScript: the name given to `.check()`, or the library whose schema refused the record. */
  rule?: string
  /** `warning` decides nothing: the record passes unless something else is wrong with it. `abort` stops the stream. Absent for an error. */
  severity?: Exclude<Severity, 'error'>
  /** CSV: name of the column. JSON: name of the field, below the top the JSON pointer without its first `/`. `null` for the whole record. */
  field: string | null
  /** JSON: the pointer to the value (RFC 6901); absent for CSV. */
  pointer?: string
  /** JSON documents: the pointer to the record in the document; `pointer` goes on from there. */
  recordPointer?: string
  /** A sentence for people. It never holds the value, so it is safe where the value is masked. */
  message: string
  /** CSV: the cell's text. JSON: the value; long texts and nested values are cut to `valueBytesMax` of JSON text. `null` for the whole record, `"***"` when masked. */
  value: unknown
  /** What the rule asked for, as in the schema (`{ "minimum": 18 }`), or details of the fault (`{ "expected": 6, "found": 5 }`). */
  params: Record<string, unknown>
}

/** True for a violation that refuses its record: one that does not only warn. */
export function refuses({ severity }: Pick<Violation, 'severity'>): boolean {
  return severity !== 'warning'
}
