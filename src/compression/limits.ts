import { SluiceError } from '../errors.js'

/** What an input may become when it is decompressed. */
export interface DecompressionLimits {
  /** Stop with `limit/decompressed-bytes` beyond so many bytes. Default: none. */
  decompressedBytesMax?: number | undefined
  /**
   * Stop with `limit/decompression-ratio` where more than so many bytes come of each compressed one, asked from 64 MiB on.
   * Default 1,000, which no file of records comes near and a bomb exceeds. `Infinity` for none.
   */
  decompressionRatioMax?: number | undefined
}

const ratioDefault = 1000
/** A ratio says little of a small input: an empty one of 1,000 repeated lines may have a higher one. */
const ratioAskedFromBytes = 64 * 1024 * 1024

/** Throws option/invalid. */
export function checkDecompressionLimits({ decompressedBytesMax: bytes, decompressionRatioMax: ratio }: DecompressionLimits): void {
  if (bytes !== undefined && !(Number.isSafeInteger(bytes) && bytes >= 1)) {
    throw new SluiceError('option/invalid', `decompressedBytesMax is ${String(bytes)}; it must be a whole number of bytes, at least 1.`)
  }
  if (ratio !== undefined && !(typeof ratio === 'number' && ratio >= 1)) {
    throw new SluiceError('option/invalid', `decompressionRatioMax is ${String(ratio)}; it must be a number of at least 1, or Infinity.`)
  }
}

/** The error of an input of which `read` compressed bytes gave `made`, where that is beyond a limit. */
export function limitPassed(path: string, limits: DecompressionLimits, read: number, made: number): SluiceError | undefined {
  const { decompressedBytesMax: bytes, decompressionRatioMax: ratio = ratioDefault } = limits
  if (bytes !== undefined && made > bytes) {
    return new SluiceError(
      'limit/decompressed-bytes',
      `The input ${path} has more than ${bytes} bytes when decompressed (decompressedBytesMax).`,
    )
  }
  if (made > ratioAskedFromBytes && made > read * ratio) {
    const text = `The input ${path} grew more than ${ratio} times when decompressed; if that is as it should be, raise decompressionRatioMax.`
    return new SluiceError('limit/decompression-ratio', text)
  }
  return undefined
}
