import { outputError } from '../sinks/output.js'

/** Writes `text` to standard output and resolves when it is out. A reader that has gone away is no failure; another error rejects with sink/unwritable. */
export function writeStandardOutput(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: (Error & { code?: string }) | null) =>
      error && error.code !== 'EPIPE' ? reject(outputError(error, '-')) : resolve()
    // The callback tells of the error; without a listener, the stream's event for it would end the process.
    process.stdout.on('error', settle)
    process.stdout.write(text, settle)
  })
}

/** Writes `text` to standard error and resolves when it is out, or cannot go out: there is nowhere to tell of that. */
export function writeStandardError(text: string): Promise<void> {
  return new Promise((resolve) => {
    process.stderr.write(text, () => resolve())
  })
}
