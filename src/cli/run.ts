import { type Command, readCommandLine } from './command-line.js'
import { exitCodes } from './exit-codes.js'
import { writeStandardOutput } from './standard-streams.js'

/** Does what the words of the command line ask for. Gives the exit code; throws what kept it from finishing. */
export async function run(words: readonly string[]): Promise<number> {
  const command: Command = await readCommandLine(words)
  // Loaded only when it is their turn: help, version, completions and init need neither the engine nor a schema reader.
  if (command.name === 'validate') return (await import('./validate-command.js')).runValidate(command.settings)
  if (command.name === 'explain') return (await import('./explain-command.js')).runExplain(command.settings)
  if (command.name === 'replay') return (await import('./replay-command.js')).runReplay(command.settings)
  if (command.name === 'init') return (await import('./init-command.js')).runInit(command.settings)
  await writeStandardOutput(command.text)
  return exitCodes.valid
}
