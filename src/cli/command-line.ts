import yargs, { type Argv, type ParsedArguments } from 'yargs'
import { SluiceError } from '../errors.js'
import { version } from '../version.js'
import { defineExplain, readExplain } from './explain-options.js'
import { defineInit, readInit } from './init-options.js'
import { defineReplay, readReplay } from './replay-options.js'
import type { ExplainSettings, InitSettings, ReplaySettings, ValidateSettings } from './settings.js'
import { defineValidate, readValidate } from './validate-options.js'

/** What the command line asks for. */
export type Command =
  | { name: 'validate'; settings: ValidateSettings }
  | { name: 'explain'; settings: ExplainSettings }
  | { name: 'replay'; settings: ReplaySettings }
  | { name: 'init'; settings: InitSettings }
  | { name: 'text'; text: string }

const helpColumnsMax = 100
// The parser takes a lone - for an option without a name, and loses it; so it sees this instead, which no one can type.
const lone = '\0-'

/** Reads the words after the program's name. Throws option/invalid, with one sentence for whatever is wrong with them. */
export async function readCommandLine(words: readonly string[]): Promise<Command> {
  let command: Command | undefined
  let text = ''
  const parser = newParser()
    .wrap(helpColumns(words))
    .command('validate [input..]', 'Check records; valid ones flow on, the rest are set aside with reasons', defineValidate, (parsed) => {
      command = { name: 'validate', settings: readValidate(withOperands(restored(parsed))) }
    })
    .command('explain', 'Tell how each keyword of a schema is enforced', defineExplain, (parsed) => {
      command = { name: 'explain', settings: readExplain(restored(parsed)) }
    })
    .command('replay <letters>', 'Check dead letters again, by a corrected schema', defineReplay, (parsed) => {
      command = { name: 'replay', settings: readReplay(restored(parsed)) }
    })
    .command('init', 'Write a commented starter schema', defineInit, (parsed) => {
      command = { name: 'init', settings: readInit(restored(parsed)) }
    })
    .completion('completion', 'Print a script that completes sluice in bash or zsh')
    .fail((message, error) => {
      throw error instanceof SluiceError
        ? error
        : usageError((message ?? error?.message ?? 'The command line cannot be read').replaceAll(lone, '-'), words)
    })
  const seen = words.map((word) => (word === '-' ? lone : word))
  await parser.parseAsync(seen, {}, (_error, _parsed, output) => {
    // It is called again, with nothing, after it was called with what there is to print.
    if (output) text += `${output}\n`
  })
  return command && !text ? command : { name: 'text', text }
}

function newParser(): Argv {
  return yargs()
    .scriptName('sluice')
    .usage(
      '$0 <command>\n\nA gate for records: CSV, NDJSON or JSON comes in, every record is checked against a JSON Schema, valid records flow on.',
    )
    .parserConfiguration({
      // Every value is the text that was typed: 007 is a name like any other, and a.b is no path.
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'dot-notation': false,
      'camel-case-expansion': false,
      // --no-missing and its like are options of their own, and --missing takes one value at a time.
      'boolean-negation': false,
      'greedy-arrays': false,
    })
    .updateStrings({
      'Missing required argument: %s': { one: 'Missing option: --%s', other: 'Missing options: %s' },
      'Not enough arguments following: %s': 'No value after --%s (one that begins with - is joined to it by =)',
      'Invalid values:': 'A value that cannot be used:',
      'Argument: %s, Given: %s, Choices: %s': '--%s is %s, but can be one of %s',
    })
    .detectLocale(false)
    .exitProcess(false)
    .showHelpOnFail(false)
    .strict()
    .recommendCommands()
    .demandCommand(1, 1, 'Name a command: validate, replay, explain, init or completion', 'One command at a time')
    .version('version', 'Print the version', version)
    .help('help', 'Print help')
    .alias('help', 'h')
    .epilogue('Exit codes: 0 every record valid, 1 some invalid, 2 could not finish, 3 stopped at a limit.')
}

// The parser lays out its help even when nobody asked for it, and breaking lines takes longer than all the rest of it.
function helpColumns(words: readonly string[]): number | null {
  const asked = words.some((word) => word === '--help' || word === '-h')
  return asked ? Math.min(helpColumnsMax, process.stdout.columns || helpColumnsMax) : null
}

function restored(parsed: ParsedArguments): ParsedArguments {
  const restore = (value: unknown): unknown => (value === lone ? '-' : Array.isArray(value) ? value.map(restore) : value)
  return Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, restore(value)])) as ParsedArguments
}

// What comes after -- is left with the command's name, and no one looks at it.
function withOperands(parsed: ParsedArguments): ParsedArguments {
  return { ...parsed, input: [parsed.input ?? [], parsed._.slice(1)].flat() }
}

function usageError(message: string, words: readonly string[]): SluiceError {
  const [command = ''] = words
  const known = ['validate', 'replay', 'explain', 'init'].includes(command)
  const sentence = clearer(message.trim().replaceAll(/\s+/g, ' ').replace(/[.]$/, ''), words, known)
  return new SluiceError(
    'option/invalid',
    `${sentence}${sentence.endsWith('?') ? ' See' : '; see'} 'sluice${known ? ` ${command}` : ''} --help'.`,
  )
}

// The parser's own words leave out the dashes, and with them what kind of thing is meant.
function clearer(sentence: string, words: readonly string[], known: boolean): string {
  const [, guess] = /^Did you mean (.*)\?$/.exec(sentence) ?? []
  if (guess !== undefined) return `Unknown command: ${words[0]}; did you mean ${guess}?`
  const [, names] = /^Unknown arguments?: (.*)$/.exec(sentence) ?? []
  if (names === undefined) return sentence
  if (!known && names === words[0]) return `Unknown command: ${names}`
  const typed = names.split(', ').map((name) => words.find((word) => word.replace(/^-+/, '').replace(/=.*/, '') === name) ?? name)
  const kind = typed.every((word) => word.startsWith('-')) ? 'option' : 'argument'
  return `Unknown ${kind}${typed.length > 1 ? 's' : ''}: ${typed.join(', ')}`
}
