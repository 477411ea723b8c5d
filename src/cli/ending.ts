import type { Writable } from 'node:stream'
import { isSluiceError } from '../index.js'

/** Whether the reader of an output went away. The system's error may come as it is, or as the cause of ours. */
export function isReaderGone(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return (error as NodeJS.ErrnoException).code === 'EPIPE' || (error.cause as NodeJS.ErrnoException | undefined)?.code === 'EPIPE'
}

/** Whether an input was stopped at a limit. */
export function isLimit(error: unknown): boolean {
  return isSluiceError(error) && error.code.startsWith('limit/')
}

/** Destroys a stream that is not finished, and resolves when it has closed: what it had begun is gone then. */
export async function letGo(stream: Writable | undefined): Promise<void> {
  if (!stream || stream.closed || stream.writableFinished) return
  const closed = new Promise((resolve) => stream.on('error', () => {}).once('close', resolve))
  stream.destroy()
  await closed
}

export function endInterrupted(exitCode: number, name: string): never {
  process.stderr.write(`sluice: Interrupted. [${name}]\n`)
  // Not left to the event loop: standard output may have bytes that its reader does not take, and an interrupt is to end the process.
  process.exit(exitCode)
}
