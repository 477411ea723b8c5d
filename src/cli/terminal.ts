import type { WriteStream } from 'node:tty'

// Controls could move the cursor or recolour the terminal; the marks of bidirectional text could make a name read as another.
const unprintable = /[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** `text` with what a terminal would obey, and line ends, written as escapes (`\n`, `\u001b`), so that it stays one line of plain text. */
export function printable(text: string): string {
  return text.replace(unprintable, (character) => {
    if (character === '\n') return '\\n'
    if (character === '\r') return '\\r'
    if (character === '\t') return '\\t'
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

/** Whether to colour what goes to `stream`: FORCE_COLOR and NO_COLOR decide where they are set, then whether it is a terminal. */
export function wantsColour(stream: Pick<WriteStream, 'isTTY'>, environment: NodeJS.ProcessEnv = process.env): boolean {
  const { FORCE_COLOR: force, NO_COLOR: no, TERM: terminal } = environment
  if (force !== undefined) return force !== '0' && force !== 'false'
  if (no) return false
  return Boolean(stream.isTTY) && terminal !== 'dumb'
}

const sequences = { bold: '1', dim: '2', red: '31', green: '32', yellow: '33', cyan: '36' } as const

export type Paint = (style: keyof typeof sequences, text: string) => string

/** A function that colours a text, or leaves it as it is. */
export function painter(coloured: boolean): Paint {
  return (style, text) => (coloured ? `\u001b[${sequences[style]}m${text}\u001b[0m` : text)
}

/** `text` in at most `columns` characters, its end cut off where it is longer. */
export function fitted(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}…`
}
