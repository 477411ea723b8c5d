import type { Argv, ParsedArguments } from 'yargs'
import { flag, isOn, outputs, path, text } from './option-kinds.js'
import type { InitSettings } from './settings.js'

/** The options of `sluice init`. */
export function defineInit(yargs: Argv): Argv {
  return yargs
    .usage('$0 init [--output FILE]\n\nWrite a commented starter schema to change into your own.')
    .option(
      'output',
      text(outputs, 'File to write (a .json file gets no comments), or - for standard output', { default: 'sluice.schema.yaml' }),
    )
    .option('force', flag(outputs, 'Overwrite a file that exists'))
    .example([['$0 init --output people.schema.yaml', '']])
    .epilogue('')
}

/** The settings of `sluice init`. Throws option/invalid. */
export function readInit(parsed: ParsedArguments): InitSettings {
  return { output: path(parsed, 'output') ?? '', force: isOn(parsed, 'force') }
}
