import type { Argv, ParsedArguments } from 'yargs'
import type { SluiceError } from '../errors.js'
import type { Compression, Encoding } from '../index.js'
import { limits } from '../limits.js'
import { isS3Url } from '../s3/location.js'
import {
  flag,
  inputs,
  isOn,
  many,
  one,
  outputs,
  path,
  records,
  referencesOption,
  running,
  schemaBytesOption,
  schemaOption,
  text,
  wholeOf,
  wrong,
} from './option-kinds.js'
import type { ValidateSettings } from './settings.js'

const compressions = ['auto', 'none', 'gzip', 'zstd', 'brotli']
const encodings = ['auto', 'utf-8', 'utf-16le', 'utf-16be', 'latin1', 'windows-1252']

/** The options of `sluice validate`. */
export function defineValidate(yargs: Argv): Argv {
  return yargs
    .usage('$0 validate [input..] --schema FILE\n\nCheck every record of files, or of standard input, against a JSON Schema.')
    .positional('input', {
      type: 'string',
      describe: "Files, folders, patterns ('in/**/*.csv.gz'), s3://bucket/key or s3://bucket/prefix/, or - for standard input",
      defaultDescription: '-',
    })
    .option('manifest', text(inputs, 'File with the names of more inputs, one a line; - for standard input'))
    .option(
      'compression',
      text(inputs, 'How inputs are compressed', { choices: compressions, defaultDescription: 'from their first bytes and names' }),
    )
    .option(
      'decompressed-bytes-max',
      text(inputs, 'Stop an input that is larger than this when decompressed', { defaultDescription: 'none' }),
    )
    .option(
      'decompression-ratio-max',
      text(inputs, 'Stop an input that grows more than this when decompressed', { defaultDescription: '1000' }),
    )
    .option('jobs', text(inputs, 'Inputs that are read at once', { defaultDescription: 'one a core, at most 8' }))
    .option(
      'fail-fast',
      flag(
        inputs,
        'Stop at the first input that fails, and make no joined output; those of --output-dir stay where their input was finished',
      ),
    )
    .option('schema', schemaOption)
    .option('references', referencesOption)
    .option('reference', text(running, 'NAME=FILE: records that x-foreignKeys of the schema refers to as NAME; repeat for more'))
    .option('schema-bytes-max', schemaBytesOption)
    .option(
      'format',
      text(records, 'Format of the input', { choices: ['csv', 'ndjson', 'json'], defaultDescription: 'from its name or first bytes' }),
    )
    .option(
      'record-path',
      text(records, "JSON: where the records of a document are, as in '$.items[*]'", { defaultDescription: '$[*], an array of records' }),
    )
    .option('encoding', text(records, 'Encoding of the input; outputs are UTF-8', { choices: encodings, defaultDescription: 'auto' }))
    .option('dialect', text(records, 'CSV: file with a Frictionless Table Dialect (JSON); options given beside it come first'))
    .option(
      'delimiter',
      text(records, 'CSV: character between cells; tab or \\t for a tab; auto to look for it', { defaultDescription: ',' }),
    )
    .option('quote', text(records, "CSV: character around cells; '' for none", { defaultDescription: '"' }))
    .option('escape', text(records, 'CSV: character before a quote in a quoted cell', { defaultDescription: 'the quote' }))
    .option('comment', text(records, 'CSV: lines that begin with this are skipped', { defaultDescription: 'none' }))
    .option('skip-initial-space', flag(records, 'CSV: spaces after a delimiter are no part of the cell'))
    .option('skip-blank-lines', flag(records, 'CSV: a blank line is no record'))
    .option('header', text(records, 'CSV: names of the columns (a,b,c) of an input without a header row'))
    .option('missing', text(records, 'CSV: cell text that means "no value"; repeat for more', { defaultDescription: 'the empty cell' }))
    .option('no-missing', flag(records, 'CSV: no cell text means "no value"; an empty cell is an empty text'))
    .option('allow-empty', flag(records, 'An input without a byte is no failure'))
    .option(
      'duplicate-keys',
      text(records, 'JSON: an object with one name twice', { choices: ['violation', 'last'], defaultDescription: 'violation' }),
    )
    .option('no-format-assertion', flag(records, 'Take "format" as a note, not as a rule'))
    .option('ignore-unknown-keywords', flag(records, 'Take schema keywords that are not known as notes'))
    .option('valid', text(outputs, 'Valid records', { defaultDescription: '-, unless another output is -' }))
    .option(
      'to',
      text(outputs, 'Format of the valid records', {
        choices: ['ndjson', 'csv'],
        defaultDescription: 'that of the input; ndjson for json',
      }),
    )
    .option('hash-key-env', text(outputs, 'Environment variable with the key of hmac-sha256 (x-transform)'))
    .option('invalid', text(outputs, 'Refused records, byte for byte, with the header row'))
    .option('violations', text(outputs, 'What is wrong, as NDJSON, one violation a line'))
    .option('report', text(outputs, 'Counts, rules and first positions, as JSON'))
    .option('reports', text(outputs, 'What became of each input, as NDJSON, one a line'))
    .option('output-dir', text(outputs, 'Folder for all outputs of each input by itself: DIR/valid/NAME, invalid, violations, reports'))
    .option('json', flag(outputs, 'Print the report as JSON: on standard output, or where records go there, on standard error'))
    .option('mask', text(outputs, 'Field whose values are hidden in violations and report; repeat for more'))
    .option('max-errors', text(running, 'Stop beyond this many refused records, or this share of them (5%)'))
    .option(
      'max-errors-warm-up',
      text(running, 'Records from which on a share in --max-errors is asked', {
        defaultDescription: String(limits.maxErrorsWarmUp.default),
      }),
    )
    .option(
      'on-undecided',
      text(running, 'A record that could not be decided, for want of steps or depth', {
        choices: ['invalid', 'valid', 'abort'],
        defaultDescription: 'invalid',
      }),
    )
    .option(
      'unique-bytes-max',
      text(running, 'Memory for the keys of x-unique and of references; beyond it they go to temporary files', {
        defaultDescription: String(limits.uniqueBytesMax.default),
      }),
    )
    .option('temporary-directory', text(running, 'Where these files are made', { defaultDescription: "the system's" }))
    .option('threads', text(running, 'Threads that check', { defaultDescription: 'one a core' }))
    .option('checkpoint', text(running, 'Keep how far the run has come in this file; after a crash, the same command goes on from there'))
    .option(
      'checkpoint-bytes',
      text(running, 'Bytes of input from one checkpoint to the next', { defaultDescription: String(limits.checkpointBytes.default) }),
    )
    .option('progress', flag(running, 'Show progress, and a summary at the end, on standard error (default: when that is a terminal)'))
    .option('no-progress', flag(running, 'Show neither'))
    .example([
      ['$0 validate in.csv --schema s.json --valid ok.csv --invalid bad.csv --report r.json', 'Divide a file'],
      ['$0 validate in.csv.gz --schema s.yaml --valid ok.csv.zst', 'Compressed in, compressed out'],
      ["$0 validate 'in/**/*.csv' --schema s.json --valid all.csv --reports r.ndjson", 'Many files into one'],
      ['$0 validate in/ --schema s.json --output-dir out', 'Many files, each by itself'],
      ['cat in.csv | $0 validate --schema s.yaml | sort', 'Stand in a pipe'],
      ['$0 validate in.csv --schema s.json --valid /dev/null', 'Only tell whether all are valid'],
      ['$0 validate in.csv --schema s.json --violations - | jq .message', 'Read what is wrong'],
    ])
    .epilogue(
      'Outputs of several inputs are joined in the order of the inputs. Names that end in .gz, .zst or .br are compressed. ' +
        'An output is a file, s3://bucket/key, or - for standard output (one of them at most). A file appears under its name when it is complete, and not at all ' +
        'when the run fails; so an output may be the input itself. When it is stopped (exit code 3), violations and report are still written.\n\n' +
        'Exit codes: 0 every record valid, 1 some invalid, 2 could not finish, 3 stopped: --max-errors, a rule of severity abort, --on-undecided abort.',
    )
}

/** The settings of `sluice validate`. Throws option/invalid. */
export function readValidate(parsed: ParsedArguments): ValidateSettings {
  if (isOn(parsed, 'no-missing') && parsed.missing !== undefined) throw contradiction('--missing', '--no-missing')
  const apart = ['valid', 'invalid', 'violations'].find((name) => parsed[name] !== undefined)
  if (apart && parsed['output-dir'] !== undefined) throw contradiction(`--${apart}`, '--output-dir')
  if (isOn(parsed, 'no-progress') && isOn(parsed, 'progress')) throw contradiction('--progress', '--no-progress')
  return {
    inputs: inputsOf(many(parsed, 'input')),
    manifest: path(parsed, 'manifest'),
    many: {
      jobs: wholeOf('jobs', one(parsed, 'jobs')),
      failFast: isOn(parsed, 'fail-fast') || undefined,
      outputDir: outputDirOf(path(parsed, 'output-dir')),
      reports: path(parsed, 'reports'),
    },
    source: {
      compression: one(parsed, 'compression') as Compression | undefined,
      decompressedBytesMax: wholeOf('decompressed-bytes-max', one(parsed, 'decompressed-bytes-max')),
      decompressionRatioMax: wholeOf('decompression-ratio-max', one(parsed, 'decompression-ratio-max')),
    },
    schema: path(parsed, 'schema') ?? '',
    references: path(parsed, 'references'),
    dialect: path(parsed, 'dialect'),
    outputs: {
      valid: path(parsed, 'valid'),
      invalid: path(parsed, 'invalid'),
      violations: path(parsed, 'violations'),
      report: path(parsed, 'report'),
    },
    checkpoint: path(parsed, 'checkpoint'),
    json: isOn(parsed, 'json'),
    progress: isOn(parsed, 'no-progress') ? false : isOn(parsed, 'progress') || undefined,
    options: {
      format: one(parsed, 'format') as 'csv' | 'ndjson' | 'json' | undefined,
      recordPath: one(parsed, 'record-path'),
      encoding: one(parsed, 'encoding') as Encoding | undefined,
      skipInitialSpace: isOn(parsed, 'skip-initial-space') || undefined,
      blankLines: isOn(parsed, 'skip-blank-lines') ? 'skip' : undefined,
      delimiter: delimiterOf(one(parsed, 'delimiter')),
      quote: one(parsed, 'quote'),
      escape: one(parsed, 'escape'),
      comment: one(parsed, 'comment'),
      header: headerOf(one(parsed, 'header')),
      missing: isOn(parsed, 'no-missing') ? [] : many(parsed, 'missing'),
      mask: many(parsed, 'mask'),
      to: one(parsed, 'to') as 'ndjson' | 'csv' | undefined,
      hashKey: hashKeyOf(one(parsed, 'hash-key-env')),
      maxErrors: maxErrorsOf(one(parsed, 'max-errors')),
      maxErrorsWarmUp: wholeOf('max-errors-warm-up', one(parsed, 'max-errors-warm-up')),
      duplicateKeys: one(parsed, 'duplicate-keys') as 'violation' | 'last' | undefined,
      onUndecided: one(parsed, 'on-undecided') as 'invalid' | 'valid' | 'abort' | undefined,
      threads: threadsOf(one(parsed, 'threads')),
      resources: resourcesOf(many(parsed, 'reference')),
      uniqueBytesMax: wholeOf('unique-bytes-max', one(parsed, 'unique-bytes-max')),
      temporaryDirectory: path(parsed, 'temporary-directory'),
      checkpointBytes: checkpointBytesOf(one(parsed, 'checkpoint-bytes')),
      allowEmpty: isOn(parsed, 'allow-empty') || undefined,
      formatAssertion: isOn(parsed, 'no-format-assertion') ? false : undefined,
      unknownKeywords: isOn(parsed, 'ignore-unknown-keywords') ? 'ignore' : undefined,
      schemaBytesMax: wholeOf('schema-bytes-max', one(parsed, 'schema-bytes-max')),
    },
  }
}

function inputsOf(values: string[] = []): string[] {
  if (values.includes('')) throw wrong('An input is empty; give it a name, or - for standard input.')
  return values
}

function outputDirOf(value: string | undefined): string | undefined {
  if (value === undefined || !isS3Url(value)) return value
  throw wrong(`--output-dir ${value} is no folder; joined outputs may be objects of S3, as in --valid s3://bucket/key.`)
}

function resourcesOf(values: string[] | undefined): Record<string, string> | undefined {
  if (values === undefined) return undefined
  const resources = new Map<string, string>()
  for (const value of values) {
    const [, name, path] = /^([^=]+)=(.+)$/s.exec(value) ?? []
    if (name === undefined || path === undefined) throw wrong(`--reference ${value} is not of the form NAME=FILE.`)
    if (resources.has(name)) throw wrong(`--reference was given ${name} twice; it can have one file.`)
    resources.set(name, path)
  }
  return Object.fromEntries(resources)
}

function delimiterOf(value: string | undefined): string | undefined {
  return value === 'tab' || value === '\\t' ? '\t' : value
}

// Names are cut at commas as in a CSV header row; one with a comma stands in quotes, and a quote in quotes is doubled.
function headerOf(value: string | undefined): string[] | undefined {
  if (value === undefined) return undefined
  const cells = [...`${value},`.matchAll(/("(?:[^"]|"")*"|[^",][^,]*|),/gy)]
  const read = cells.reduce((length, cell) => length + cell[0].length, 0)
  if (read !== value.length + 1) throw wrong(`--header ${value} cannot be read: a quote in it does not close.`)
  return cells.map(([, cell = '']) => (cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell))
}

// A key on the command line would be seen by everyone on the machine.
function hashKeyOf(name: string | undefined): string | undefined {
  if (name === undefined) return undefined
  const key = process.env[name]
  if (key) return key
  throw wrong(`--hash-key-env ${name} names an environment variable that ${key === undefined ? 'is not set' : 'is empty'}.`)
}

function maxErrorsOf(value: string | undefined): number | `${number}%` | undefined {
  if (value === undefined) return undefined
  if (/^\d+$/.test(value) && Number.isSafeInteger(Number(value))) return Number(value)
  if (/^\d+(?:\.\d+)?%$/.test(value)) return value as `${number}%`
  throw wrong(`--max-errors ${value} is neither a whole number of records (100) nor a share of them (5%).`)
}

function threadsOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (/^\d+$/.test(value) && Number(value) >= 1 && Number(value) <= 1024) return Number(value)
  throw wrong(`--threads ${value} is not a whole number from 1 to 1024.`)
}

function checkpointBytesOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const bytes = Number(value)
  if (/^\d+$/.test(value) && bytes >= 1 && bytes <= limits.checkpointBytes.most) return bytes
  throw wrong(`--checkpoint-bytes ${value} is not a whole number of bytes, at least 1.`)
}

function contradiction(first: string, second: string): SluiceError {
  return wrong(`${first} and ${second} were both given; give one of them.`)
}
