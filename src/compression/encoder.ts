import { constants, createBrotliCompress } from 'node:zlib'
import { newEncoder } from '../native.js'
import type { CompressionFormat } from './names.js'

/** Compresses, one call after the other. */
export interface Encoder {
  /** What is there of `buffers` compressed; some may be held back for later calls. */
  write(buffers: readonly Uint8Array[]): Promise<Buffer[]>
  /**
   * All that is held back, and the end of the gzip member or zstd frame; what is written next begins another, and readers take them as one.
   * Nothing where nothing was written since the last end, unless `isLast` and nothing was ever written. Brotli cannot be joined so: for it
   * this is the end.
   */
  end(isLast: boolean): Promise<Buffer[]>
  close?(): void
}

const pieceBytes = 256 * 1024
// As fast as gzip's usual level, and smaller; the usual one of brotli is a hundred times slower.
const brotliQuality = 5

export function encoderOf(format: CompressionFormat): Encoder {
  return format === 'brotli' ? new BrotliEncoder() : new AddonEncoder(format)
}

class AddonEncoder implements Encoder {
  readonly #encoder: ReturnType<typeof newEncoder>
  #hasBegun = false
  #isFirst = true

  constructor(format: 'gzip' | 'zstd') {
    this.#encoder = newEncoder(format)
  }

  async write(buffers: readonly Uint8Array[]): Promise<Buffer[]> {
    const made: Buffer[] = []
    for (const buffer of buffers) {
      if (buffer.length > 0) this.#hasBegun = true
      made.push(...(await this.#encode(Buffer.from(buffer.buffer, buffer.byteOffset, buffer.length), false)))
    }
    return made
  }

  async end(isLast: boolean): Promise<Buffer[]> {
    if (!this.#hasBegun && !(isLast && this.#isFirst)) return []
    this.#hasBegun = false
    this.#isFirst = false
    return this.#encode(Buffer.alloc(0), true)
  }

  async #encode(input: Buffer, isEnd: boolean): Promise<Buffer[]> {
    const made: Buffer[] = []
    for (let at = 0, isWhole = input.length === 0 && !isEnd; !isWhole; ) {
      const output = Buffer.allocUnsafeSlow(pieceBytes)
      const step = await this.#encoder.encode(input, at, output, isEnd)
      at += step.consumed
      isWhole = step.isWhole
      if (step.produced > 0)
        made.push(step.produced < pieceBytes / 2 ? Buffer.from(output.subarray(0, step.produced)) : output.subarray(0, step.produced))
    }
    return made
  }
}

class BrotliEncoder implements Encoder {
  readonly #engine = createBrotliCompress({ chunkSize: pieceBytes, params: { [constants.BROTLI_PARAM_QUALITY]: brotliQuality } })
  #made: Buffer[] = []

  constructor() {
    this.#engine.on('data', (piece: Buffer) => this.#made.push(piece))
  }

  async write(buffers: readonly Uint8Array[]): Promise<Buffer[]> {
    for (const buffer of buffers) {
      await new Promise<void>((resolve, reject) => this.#engine.write(buffer, (error) => (error ? reject(error) : resolve())))
    }
    return this.#take()
  }

  async end(): Promise<Buffer[]> {
    if (!this.#engine.writableEnded) {
      await new Promise((resolve, reject) => this.#engine.once('end', resolve).once('error', reject).end())
    }
    return this.#take()
  }

  close(): void {
    this.#engine.destroy()
  }

  #take(): Buffer[] {
    const made = this.#made
    this.#made = []
    return made
  }
}
