/** Anything that keeps the tool itself from doing its work. What is wrong with a record is a Violation, never an error. */
export class SluiceError extends Error {
  /** Stable, for programs: `<area>/<what>`. A code never changes its meaning; `errorCodes` lists them all. */
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'SluiceError'
    this.code = code
  }
}

/** Every code of a SluiceError, with what it means. */
export const errorCodes = {
  'schema/invalid': 'The schema is not a JSON Schema that can be compiled.',
  'schema/keyword': 'The schema has a keyword that is unknown or not enforced; it is refused rather than ignored.',
  'schema/pattern': 'A pattern is not an ECMA-262 regular expression (u flag), or uses what is not supported.',
  'schema/format': 'A format is not known.',
  'schema/rule': 'A rule of `x-rules` is no CEL, or asks what can never be right of the fields that the schema has.',
  'schema/severity': 'A severity (`x-severity`) is unknown, or is given to what cannot have it.',
  'schema/stream-rule':
    'A rule over the whole stream (`x-unique`, `x-foreignKeys`, `x-order`, `x-recordCount`, `x-missingRatio`) names no field of the schema, or is to be asked where it cannot be: without a whole stream, `x-order` beside a rule in JavaScript.',
  'schema/transform':
    'A transformation (`x-transform`) cannot be done: it names a field that is not there, or asks what the schema does not make sure of.',
  'schema/cell': 'The schema asks of a CSV column what no cell can hold (an object or an array).',
  'schema/lossy':
    'A schema of another library does what neither Rust nor a check in JavaScript can do for it; it is refused rather than dropped.',
  'schema/too-large': 'The schema is over a limit of size or depth.',
  'option/invalid': 'An option has a value that cannot be used.',
  'input/empty': 'The input has no bytes.',
  'input/not-found': 'The input does not exist.',
  'input/unreadable': 'The input cannot be read.',
  'input/changed': 'The input was changed, or is another, since reading began; begin anew.',
  'input/checksum': 'What was read does not have the checksum that is kept with the input.',
  'input/encoding': 'The input is in an encoding that is not read, or not in the one that was named.',
  'input/delimiter': 'The delimiter cannot be told from the records; it has to be named.',
  'input/compression': 'A compressed input is damaged, was cut, or has bytes after its end; what came before has been read.',
  'input/mixed': 'Bytes and records came in one stream.',
  'input/json':
    'A JSON document is broken outside of its records, or where a record of it ends is not certain; what came before has been read.',
  'input/no-records': 'A JSON document has nothing where its records are said to be.',
  'input/record':
    'A record of an object stream cannot be checked (a cycle, or a value that JSON has no word for), or a message is no object.',
  'input/dead-letter': 'A line of a file of dead letters is none.',
  'header/missing': 'The CSV header lacks a column that the schema requires.',
  'header/extra': 'The CSV header has a column that the schema does not allow (additionalProperties: false).',
  'header/duplicate': 'The CSV header has one name twice.',
  'header/case': 'A column differs from a property of the schema only in case or surrounding space.',
  'header/malformed': 'The header row is not well-formed CSV.',
  'reference/missing': 'The schema refers to a reference (`x-foreignKeys`) that was not given.',
  'reference/unused': 'A reference was given that the schema does not refer to.',
  'reference/unreadable': 'A reference cannot be read.',
  'reference/empty': 'A reference has no record with a value of what is referred to.',
  'reference/field': 'A reference lacks a column that is referred to.',
  'reference/record': 'A record of a reference cannot be read, so that it is not known which keys there are.',
  'limit/max-errors': 'The stream was stopped at maxErrors.',
  'limit/abort': 'The stream was stopped at a record that does not meet a rule of severity `abort`.',
  'limit/undecided': "The stream was stopped at a record that could not be decided (onUndecided: 'abort').",
  'limit/decompressed-bytes': 'The input is larger than decompressedBytesMax when decompressed; what came before has been read.',
  'limit/decompression-ratio': 'The input grows more than decompressionRatioMax when decompressed; what came before has been read.',
  'sink/unwritable': 'An output cannot be written.',
  'sink/exists': 'There is an object already where one was to be made only if there was none.',
  'sink/same-path': 'Two outputs, or an input or output and a file that the run keeps for itself, have the same path.',
  'sink/not-joined': 'The records of an input do not fit behind those of earlier inputs in one output: another header row or format.',
  'sink/no-verdict': 'split() was given chunks that did not come straight from validate().',
  'checkpoint/torn': 'The file is damaged, or no checkpoint.',
  'checkpoint/foreign': 'The checkpoint is of another input, schema, option, output or version.',
  'checkpoint/lost': 'An unfinished output or upload that the checkpoint speaks of is gone or cut off.',
  'checkpoint/locked': 'Another run has the checkpoint.',
  'checkpoint/unwritable': 'The checkpoint cannot be read or written.',
  'unique/spill': 'Keys that memory has no room for cannot be written to a temporary file, or read back from it.',
  'record/value':
    'A valid record cannot be given as an object as it is: it has an integer beyond 2^53 or a number that is Infinity in JavaScript, or it is null.',
  'record/invalid': 'A value given to a validated() function does not meet its schema.',
  'limit/unique': 'The stream has more records than a rule over the whole can tell apart (2^44).',
  'report/invalid': 'What was given is no report of Sluice.',
  'report/mismatch': 'Reports of different schemas do not merge.',
  'package/missing': 'An optional package that this needs is not installed.',
  'event/unknown': 'An event of Lambda is none that the handler is made for.',
  'lambda/runtime': 'A handler of streamed responses was made outside of the Lambda runtime for Node.',
  'limit/deadline': 'The time of a Lambda invocation was over before the end of its input.',
  'native/load': 'The native addon cannot be loaded on this machine.',
  'native/cancelled': 'The stream was destroyed before this batch was checked.',
  'native/panic': 'A fault inside Sluice; the stream was stopped, others go on.',
} as const satisfies Record<string, string>

export type ErrorCode = keyof typeof errorCodes

/** True for a SluiceError, of one code where one is given; works across copies of the package. */
export function isSluiceError(error: unknown, code?: ErrorCode): error is SluiceError {
  return error instanceof Error && error.name === 'SluiceError' && (code === undefined || (error as SluiceError).code === code)
}
