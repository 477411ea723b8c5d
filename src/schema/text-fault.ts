/** What is wrong with a text, and where. The message is a part of a sentence, without a stop. */
export class TextFault extends Error {
  /** 1-based. */
  readonly line: number
  /** 1-based, in UTF-16 code units. */
  readonly column: number

  constructor(message: string, text: string, offset: number) {
    super(message)
    const before = text.slice(0, offset).split(/\r\n|\n|\r/)
    this.line = before.length
    this.column = (before.at(-1) ?? '').length + 1
  }
}

export function isTextFault(error: unknown): error is TextFault {
  return error instanceof TextFault
}

/** What is said of a number that would be rounded. */
export function inexactNumber(written: string, read: number): string {
  return `the number ${written} cannot be held exactly, it would become ${read}`
}

const decimal = /^([-+]?)0*(\d*)\.?(\d*)(?:[eE]([-+]?\d+))?$/

/** Whether `written`, a decimal number, denotes just what `read` prints as: 0.1 does, 9007199254740993 and 1e400 do not. */
export function isExact(written: string, read: number): boolean {
  const canonical = canonicalDecimal(written)
  return canonical !== undefined && canonical === canonicalDecimal(String(read))
}

// One text for each number: 100, 1e2 and 1.00e+2 are all 1e2.
function canonicalDecimal(text: string): string | undefined {
  const match = decimal.exec(text)
  if (match === null) return undefined
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return '0'
  return `${sign === '-' ? '-' : ''}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`
}
