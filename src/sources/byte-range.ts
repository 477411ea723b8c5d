import { SluiceError } from '../errors.js'

/** Throws option/invalid for offsets of a first and a last byte that make no range. */
export function checkRange(start: number | undefined, end: number | undefined): void {
  checkOffset('start', start)
  checkOffset('end', end)
  if (start !== undefined && end !== undefined && end < start) {
    throw new SluiceError('option/invalid', `end (${end}) is before start (${start}); end is the offset of the last byte to read.`)
  }
}

function checkOffset(name: string, value: number | undefined): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) return
  throw new SluiceError('option/invalid', `${name} is ${String(value)}; it must be an offset in bytes, a whole number of at least 0.`)
}
