import { type CompressionStep, newDecoder } from '../native.js'
import { BrotliDecoder } from './brotli-decoder.js'
import type { CompressionFormat } from './names.js'

/** Turns compressed bytes into what they were, one step at a time. */
export interface Decoder {
  /** Decodes `input` from `at` on, as much as `output` has room for. What it produced is right even where it tells of a fault. */
  decode(input: Buffer, at: number, output: Buffer): Promise<CompressionStep>
  /** At the end of the input: what is wrong with it, where that does not show before. */
  finish?(): Promise<string | undefined>
  close?(): void
}

export function decoderOf(format: CompressionFormat): Decoder {
  if (format === 'gzip') return new BgzipAware(plainGzipDecoder())
  return format === 'zstd' ? newDecoder('zstd') : new BrotliDecoder()
}

/** Gzip as it stands, whoever made it: several members, zeros after the last. */
export function plainGzipDecoder(): Decoder {
  return newDecoder('gzip')
}

// An empty block, by which bgzip ends a file so that one that was cut between two blocks can be told.
const bgzipEnd = Buffer.from('1f8b08040000000000ff0600424302001b0003000000000000000000', 'hex')
/** The flag of an extra field, where that field is named, and bgzip's name for its own. */
const [flagsAt, extraFlag, extraNameAt, extraName] = [3, 4, 12, Buffer.from('BC')]
const headBytes = extraNameAt + extraName.length

class BgzipAware implements Decoder {
  readonly #decoder: Decoder
  #head = Buffer.alloc(0)
  #tail = Buffer.alloc(0)

  constructor(decoder: Decoder) {
    this.#decoder = decoder
  }

  async decode(input: Buffer, at: number, output: Buffer): Promise<CompressionStep> {
    const step = await this.#decoder.decode(input, at, output)
    const taken = input.subarray(at, at + step.consumed)
    if (this.#head.length < headBytes) this.#head = Buffer.concat([this.#head, taken.subarray(0, headBytes - this.#head.length)])
    if (taken.length > 0) this.#tail = Buffer.concat([this.#tail, taken.subarray(-bgzipEnd.length)]).subarray(-bgzipEnd.length)
    return step
  }

  async finish(): Promise<string | undefined> {
    const isBgzip = ((this.#head[flagsAt] ?? 0) & extraFlag) !== 0 && this.#head.subarray(extraNameAt).equals(extraName)
    if (!isBgzip || this.#tail.equals(bgzipEnd)) return undefined
    return "lacks the block that ends a bgzip file, so it was cut (compression 'gzip' reads it as plain gzip)"
  }
}
