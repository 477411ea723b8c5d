import type { Argv, ParsedArguments } from 'yargs'
import { flag, isOn, one, outputs, path, records, schemaOption, text, wrong } from './option-kinds.js'
import type { ReplaySettings } from './settings.js'

/** The options of `sluice replay`. */
export function defineReplay(yargs: Argv): Argv {
  return yargs
    .usage('$0 replay <letters> --schema FILE --invalid FILE\n\nCheck the dead letters of a message consumer again, by a corrected schema.')
    .positional('letters', { type: 'string', describe: 'File that deadLetters() wrote, or - for standard input', demandOption: true })
    .option('schema', schemaOption)
    .option(
      'tombstones',
      text(records, 'What a message without a value is', {
        choices: ['valid', 'invalid'],
        defaultDescription: 'valid, but invalid with --values',
      }),
    )
    .option('valid', text(outputs, 'Messages that are valid now, with key and headers', { defaultDescription: '-' }))
    .option('values', flag(outputs, 'Of the valid messages only the values, as NDJSON'))
    .option('invalid', text(outputs, 'Letters that are still dead; not the input itself', { demandOption: true }))
    .example([['$0 replay dead.ndjson --schema new.json --valid ok.ndjson --invalid still-dead.ndjson', '']])
    .epilogue('Exit codes: 0 every message is valid now, 1 some are not, 2 could not finish.')
}

/** The settings of `sluice replay`. Throws option/invalid. */
export function readReplay(parsed: ParsedArguments): ReplaySettings {
  const values = isOn(parsed, 'values')
  const tombstones = one(parsed, 'tombstones') as 'valid' | 'invalid' | undefined
  if (values && tombstones === 'valid') throw wrong('--values has no line for a message without a value; leave out --tombstones valid.')
  return {
    input: one(parsed, 'letters') ?? '-',
    schema: path(parsed, 'schema') ?? '',
    outputs: { valid: path(parsed, 'valid'), invalid: path(parsed, 'invalid'), violations: undefined, report: undefined },
    values,
    tombstones: tombstones ?? 'valid',
  }
}
