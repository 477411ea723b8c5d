import { inspect } from 'node:util'
import { isSluiceError } from '../errors.js'
import { printable } from './terminal.js'

const hints: Record<string, string> = {
  EACCES: 'permission denied',
  EMFILE: 'too many files are open',
  ENOENT: 'no such file or folder',
  ENOSPC: 'no space is left on the disk',
  EPERM: 'permission denied',
}

/** Tells of a failure on standard error, in one line: `sluice: <sentence> [code]`. With SLUICE_DEBUG=1 the stack comes after it. */
export function reportFailure(error: unknown): void {
  const { sentence, code } = describeFailure(error)
  process.stderr.write(`sluice: ${printable(sentence)} [${printable(code)}]\n`)
  if (process.env.SLUICE_DEBUG === '1') process.stderr.write(`${inspect(error)}\n`)
}

/** A failure as a sentence and a code. What no one foresaw gets both too. */
export function describeFailure(error: unknown): { sentence: string; code: string } {
  if (isSluiceError(error)) return { sentence: error.message, code: error.code }
  const { code, path, message } =
    error instanceof Error ? (error as NodeJS.ErrnoException) : { code: undefined, path: undefined, message: inspect(error) }
  const hint = code === undefined ? undefined : hints[code]
  if (code !== undefined && hint !== undefined) return { sentence: path ? `${path}: ${hint}.` : `The system says: ${hint}.`, code }
  return { sentence: `Something unforeseen went wrong: ${message}; SLUICE_DEBUG=1 shows where.`, code: code ?? 'unforeseen' }
}
