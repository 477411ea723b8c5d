// The package comes without types; this is the part of it that the command line uses.
declare module 'yargs' {
  export interface OptionDefinition {
    type?: 'string' | 'boolean'
    describe?: string
    default?: unknown
    defaultDescription?: string
    choices?: readonly string[]
    demandOption?: boolean
    nargs?: number
    group?: string
  }

  export type ParsedArguments = Record<string, unknown> & { _: (string | number)[] }

  export interface Argv {
    command(name: string, description: string, build: (yargs: Argv) => Argv, handler: (parsed: ParsedArguments) => void): Argv
    completion(command: string, description: string): Argv
    alias(name: string, alias: string): Argv
    demandCommand(least: number, most: number, messageTooFew: string, messageTooMany: string): Argv
    detectLocale(detect: boolean): Argv
    epilogue(text: string): Argv
    example(examples: readonly (readonly [command: string, description: string])[]): Argv
    exitProcess(enabled: boolean): Argv
    fail(handler: (message: string | null, error: Error | undefined) => void): Argv
    help(name: string, description: string): Argv
    option(name: string, definition: OptionDefinition): Argv
    parseAsync(
      words: readonly string[],
      context: object,
      callback: (error: Error | undefined, parsed: ParsedArguments, output: string) => void,
    ): Promise<ParsedArguments>
    parserConfiguration(settings: Record<string, boolean>): Argv
    positional(name: string, definition: OptionDefinition): Argv
    recommendCommands(): Argv
    scriptName(name: string): Argv
    showHelpOnFail(show: boolean): Argv
    strict(): Argv
    updateStrings(strings: Record<string, string | { one: string; other: string }>): Argv
    usage(text: string): Argv
    version(name: string, description: string, version: string): Argv
    wrap(columns: number | null): Argv
  }

  export default function yargs(): Argv
}
