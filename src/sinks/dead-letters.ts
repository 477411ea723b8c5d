import { open } from 'node:fs/promises'
import { deadLetterOf } from '../dead-letter.js'
import { messageLine } from '../dead-letter-line.js'
import { messageLimit } from '../limits.js'
import type { Message, MessageSink, MessageVerdict } from '../message.js'
import { outputError } from './output.js'

const lineFeed = 10

export interface DeadLetterOptions {
  /** See `messageLimits`. */
  violationBytesMax?: number | undefined
}

/**
 * Writes each refused message to `sink` as it came, key, value and headers, with headers that tell what is wrong (`deadLetterHeaders`).
 *
 * `sink` is a `MessageSink` (`kafkajsSink(producer, topic)`, `platformaticSink(producer, topic)`, your own), or the path of a file, which
 * is appended to: one letter a line, NDJSON with bytes as base64. What is on the disk counts as written (fdatasync), so that no message is
 * committed whose letter a crash could take. `deadLetterSource` and `sluice replay` read such a file.
 *
 * Throws `option/invalid`. Rejects as the sink does; for a file with `sink/unwritable`.
 */
export function deadLetters<M extends Message>(
  sink: string | MessageSink,
  options: DeadLetterOptions = {},
): (refused: readonly MessageVerdict<M>[]) => Promise<void> {
  const bytesMax = messageLimit('violationBytesMax', options.violationBytesMax)
  const write = typeof sink === 'string' ? appendTo(sink) : sink
  return async (refused) => {
    const letters = refused.map((verdict) => deadLetterOf(verdict, bytesMax))
    await write(letters)
  }
}

function appendTo(path: string): MessageSink {
  let last: Promise<void> = Promise.resolve()
  return (messages) => {
    const lines = messages.map(messageLine).join('')
    // One after the other, so that the letters of two batches are never mixed; each hears of its own failure.
    last = last.catch(() => {}).then(() => append(path, lines))
    return last
  }
}

// Opened each time: a file that was moved away or removed meanwhile is made anew, and no letter goes where nobody looks.
async function append(path: string, lines: string): Promise<void> {
  try {
    const file = await open(path, 'a+')
    try {
      await file.appendFile((await isTorn(file)) ? `\n${lines}` : lines)
      await file.datasync()
    } finally {
      await file.close()
    }
  } catch (cause) {
    throw outputError(cause, path)
  }
}

/** True for a file whose last line a crash has cut off: the next letter must not become a part of it. */
async function isTorn(file: Awaited<ReturnType<typeof open>>): Promise<boolean> {
  const { size } = await file.stat()
  if (size === 0) return false
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
  return buffer[0] !== lineFeed
}
