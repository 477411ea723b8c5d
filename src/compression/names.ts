import { SluiceError } from '../errors.js'

/** How bytes are compressed at rest. */
export type CompressionFormat = 'gzip' | 'zstd' | 'brotli'

/** A format, `none`, or `auto`: told from the name, and where bytes are read from what they begin with. */
export type Compression = 'auto' | 'none' | CompressionFormat

const compressions: readonly Compression[] = ['auto', 'none', 'gzip', 'zstd', 'brotli']
const endings = /\.(?:(gz|gzip|bgz|bgzf)|(zst|zstd)|(br))$/i

/** The format that the ending of a name stands for; undefined for any other name. */
export function compressionOfName(name: string): CompressionFormat | undefined {
  const [, gzip, zstd, brotli] = endings.exec(name) ?? []
  return gzip ? 'gzip' : zstd ? 'zstd' : brotli ? 'brotli' : undefined
}

/** The name of what is in it: `in.csv` of `in.csv.gz`. */
export function withoutCompressionEnding(name: string): string {
  return name.replace(endings, '')
}

/** `compression` when it is one. Throws option/invalid. */
export function checkedCompression(compression: Compression = 'auto'): Compression {
  if (compressions.includes(compression)) return compression
  throw new SluiceError('option/invalid', `compression is ${JSON.stringify(compression)}; it must be one of ${compressions.join(', ')}.`)
}

// No text in UTF-8 begins like these. Brotli has no such mark. The third byte of gzip says DEFLATE, the only method there ever was.
const magics: readonly [format: CompressionFormat, matches: (bytes: Buffer) => boolean][] = [
  ['gzip', (bytes) => startsLike(bytes, [0x1f, 0x8b, 0x08])],
  ['zstd', (bytes) => startsLike(bytes, [0x28, 0xb5, 0x2f, 0xfd])],
  // A frame to be skipped, which some tools put in front (pzstd, seekable zstd): 0x184D2A50 to 0x184D2A5F.
  ['zstd', (bytes) => (bytes[0] ?? 0x50) >> 4 === 5 && startsLike(bytes.subarray(1), [0x2a, 0x4d, 0x18])],
]
const magicBytes = 4

/**
 * The format that `bytes`, the first ones of an input, show; undefined for none; `more` while they may yet show one.
 * `isAll`: there are no more.
 */
export function compressionOfBytes(bytes: Buffer, isAll: boolean): CompressionFormat | 'more' | undefined {
  const [format] = magics.find(([, matches]) => matches(bytes)) ?? []
  if (format === undefined) return undefined
  if (bytes.length >= magicBytes) return format
  return isAll ? (format === 'gzip' && bytes.length === magicBytes - 1 ? format : undefined) : 'more'
}

/** Whether `bytes` begin with `magic`, as far as both go. */
function startsLike(bytes: Buffer, magic: readonly number[]): boolean {
  return magic.every((byte, at) => at >= bytes.length || bytes[at] === byte)
}
