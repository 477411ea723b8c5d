import type { ValidateOptions } from '../../index.js'
import { withTableDialect } from '../../transforms/table-dialect.js'

const line = /[^\r\n]*(?:\r\n?|\n)/y

/** Gives the header row, without its line end, of what stands before the first record of a CSV source that is read with `options`. */
export function headerRowReader(options: ValidateOptions): (header: Buffer) => string {
  const { comment, blankLines } = withTableDialect(options)
  const isSkipped = (text: string, at: number) =>
    (comment !== undefined && text.startsWith(comment, at)) || (blankLines === 'skip' && /[\r\n]/.test(text.charAt(at)))
  return (header) => {
    const text = header.toString('latin1')
    let start = 0
    while (isSkipped(text, start)) {
      line.lastIndex = start
      if (!line.test(text)) return ''
      start = line.lastIndex
    }
    return text.slice(start).replace(/[\r\n]+$/, '')
  }
}
