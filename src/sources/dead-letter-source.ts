import { parseMessageLine } from '../dead-letter-line.js'
import type { Message } from '../message.js'
import { fileSource } from './file-source.js'

const lineFeed = 10

/**
 * The messages of a file that `deadLetters(path)` wrote, as a source for `validateMessages`: key, value and headers are those of the
 * original, as bytes, with the headers of the letter (`originalMessage` takes them off). `path` is as for `fileSource`.
 *
 * Fails with `input/not-found`, `input/unreadable`, and `input/dead-letter` for a line that is no letter, after those before it.
 */
export async function* deadLetterSource(path: string): AsyncGenerator<Message, void, void> {
  let number = 0
  for await (const line of linesOf(fileSource(path))) {
    number += 1
    if (line !== '') yield parseMessageLine(line, `Line ${number} of ${path}`)
  }
}

// Not by node:readline, which also ends a line at U+2028, and a header's name may have that.
async function* linesOf(source: AsyncIterable<Buffer>): AsyncGenerator<string, void, void> {
  let parts: Buffer[] = []
  for await (const chunk of source) {
    let from = 0
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, from)) {
      yield Buffer.concat([...parts, chunk.subarray(from, end)]).toString()
      parts = []
      from = end + 1
    }
    parts.push(chunk.subarray(from))
  }
  const last = Buffer.concat(parts)
  if (last.length > 0) yield last.toString()
}
