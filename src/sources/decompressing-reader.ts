import { type Decoder, decoderOf, plainGzipDecoder } from '../compression/decoder.js'
import { type DecompressionLimits, limitPassed } from '../compression/limits.js'
import { type Compression, compressionOfBytes, compressionOfName } from '../compression/names.js'
import { SluiceError } from '../errors.js'
import type { Reader } from './byte-source.js'

/** The most bytes of one decompressed piece: what one step of a decoder does without coming back to JavaScript. */
const pieceBytesMost = 256 * 1024
/** Pieces kept for decoding into again. */
const piecesMax = 4
const nothing = Buffer.alloc(0)

export interface DecompressingOptions extends DecompressionLimits {
  /** Name of the source, whose ending tells the format. */
  path: string
  readBytes: number
  compression: Compression
}

/** Reads what `reader` gives, decompressed where it is compressed. Any source can be read through it. */
export class DecompressingReader implements Reader {
  readonly #reader: Reader
  readonly #options: DecompressingOptions
  readonly #pieceBytes: number
  readonly #spare: Buffer[] = []
  #input: Buffer[] = []
  #inputEnded = false
  #at = 0
  #decoder: Decoder | undefined
  #isPlain: boolean
  #isWhole = false
  #mayHoldMore = false
  #failure: SluiceError | undefined
  #taken = 0
  #made = 0
  #isWanted = false
  #isRunning = false
  #isClosed = false
  #bytesRead = 0

  constructor(reader: Reader, options: DecompressingOptions) {
    this.#reader = reader
    this.#options = options
    this.#pieceBytes = Math.min(options.readBytes, pieceBytesMost)
    this.#isPlain = options.compression === 'none'
  }

  /** Bytes read of the input as it is at rest. */
  get bytesRead(): number {
    return this.#bytesRead
  }

  /** Whether what comes out is not what is at rest; known from the first piece on. */
  get isCompressed(): boolean {
    return this.#decoder !== undefined
  }

  read(deliver: (bytes: Buffer | null) => boolean, fail: (error: unknown) => void): void {
    if (this.#isPlain && this.#input.length === 0 && !this.#inputEnded && !this.#isRunning) {
      this.#reader.read((bytes) => {
        this.#bytesRead += bytes?.length ?? 0
        return deliver(bytes)
      }, fail)
      return
    }
    this.#isWanted = true
    if (!this.#isRunning) void this.#run(deliver, fail)
  }

  recycle(piece: Uint8Array): void {
    if (this.#isPlain) this.#reader.recycle?.(piece)
    else if (piece.byteOffset === 0 && piece.buffer.byteLength === this.#pieceBytes && this.#spare.length < piecesMax) {
      this.#spare.push(Buffer.from(piece.buffer))
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#decoder?.close?.()
    await this.#reader.close()
  }

  async #run(deliver: (bytes: Buffer | null) => boolean, fail: (error: unknown) => void): Promise<void> {
    this.#isRunning = true
    try {
      if (!this.#isPlain) this.#decoder ??= await this.#begin()
      while (this.#isWanted && !this.#isClosed) {
        const piece = this.#isPlain ? await this.#pass() : await this.#decode()
        if (this.#isClosed) return
        this.#isWanted = false
        if (deliver(piece) && piece !== null) this.#isWanted = true
      }
    } catch (error) {
      if (!this.#isClosed) fail(error)
    } finally {
      this.#isRunning = false
    }
  }

  /** The decoder of what the input turns out to be; undefined where it is plain. */
  async #begin(): Promise<Decoder | undefined> {
    const { path, compression } = this.#options
    let format = compression === 'auto' ? undefined : compression
    while (format === undefined) {
      const hasMore = await this.#fetch()
      const told = compressionOfBytes(this.#input.length === 1 ? (this.#input[0] as Buffer) : Buffer.concat(this.#input), !hasMore)
      if (told !== 'more') format = told ?? compressionOfName(path) ?? 'none'
    }
    this.#isPlain = format === 'none'
    if (format === 'none') return undefined
    return compression === 'gzip' ? plainGzipDecoder() : decoderOf(format)
  }

  /** Adds to `#input` what comes next. Resolves to false at the end. */
  #fetch(): Promise<boolean> {
    if (this.#inputEnded) return Promise.resolve(false)
    return new Promise((resolve, reject) => {
      this.#reader.read((bytes) => {
        if (bytes === null) this.#inputEnded = true
        else this.#input.push(bytes)
        this.#bytesRead += bytes?.length ?? 0
        resolve(bytes !== null)
        return false
      }, reject)
    })
  }

  /** The next piece as it is; null at the end. */
  async #pass(): Promise<Buffer | null> {
    if (this.#input.length === 0) await this.#fetch()
    return this.#input.shift() ?? null
  }

  /** The next decompressed piece; null at the end. Rejects with input/compression, limit/… or what the reader failed with. */
  async #decode(): Promise<Buffer | null> {
    const decoder = this.#decoder as Decoder
    for (;;) {
      if (this.#failure) throw this.#failure
      if (this.#input.length === 0 && !(await this.#fetch()) && !this.#mayHoldMore) return this.#end(decoder)
      const [input] = this.#input
      const output = this.#spare.pop() ?? Buffer.allocUnsafeSlow(this.#pieceBytes)
      const { consumed, produced, isWhole, fault } = await decoder.decode(input ?? nothing, this.#at, output)
      this.#at += consumed
      this.#taken += consumed
      this.#made += produced
      this.#isWhole = isWhole
      this.#mayHoldMore = !isWhole && produced === output.length
      if (input && this.#at >= input.length) this.#drop(input)
      this.#failure = this.#failureOf(fault)
      if (produced > 0) return this.#trimmed(output, produced)
      this.#spare.push(output)
    }
  }

  #drop(input: Buffer): void {
    this.#input.shift()
    this.#at = 0
    this.#reader.recycle?.(input)
  }

  #failureOf(fault: string | undefined): SluiceError | undefined {
    const { path } = this.#options
    return fault === undefined ? limitPassed(path, this.#options, this.#taken, this.#made) : damaged(path, fault)
  }

  async #end(decoder: Decoder): Promise<null> {
    const fault = this.#isWhole ? await decoder.finish?.() : 'ends in the midst of its compressed data, so it was cut'
    if (fault !== undefined) throw damaged(this.#options.path, fault)
    return null
  }

  // A short piece is copied, so that a few bytes do not hold a whole piece's memory.
  #trimmed(output: Buffer, length: number): Buffer {
    if (length >= output.length / 2) return output.subarray(0, length)
    const piece = Buffer.from(output.subarray(0, length))
    this.#spare.push(output)
    return piece
  }
}

function damaged(path: string, fault: string): SluiceError {
  const name = path === '-' ? 'Standard input' : `The input ${path}`
  return new SluiceError('input/compression', `${name} ${fault}.`)
}
