import { finished } from 'node:stream'
import { createBrotliDecompress } from 'node:zlib'
import type { CompressionStep } from '../native.js'
import type { Decoder } from './decoder.js'

/** Small, as what comes of it is held: brotli has no bound to how much that may be. */
const inputBytes = 4 * 1024
const pieceBytes = 64 * 1024

/** Node's decoder, which passes over in silence what comes after the end of the compressed data; this one does not. */
export class BrotliDecoder implements Decoder {
  readonly #engine = createBrotliDecompress({ chunkSize: pieceBytes })
  readonly #ended: Promise<void>
  #pieces: Buffer[] = []
  #given = 0
  #hasEnded = false
  #fault: string | undefined

  constructor() {
    this.#engine.on('data', (piece: Buffer) => this.#pieces.push(piece))
    this.#ended = new Promise((resolve) => {
      finished(this.#engine, { writable: false }, (error) => {
        this.#hasEnded = true
        if (error) this.#fault = `is damaged: ${error.message}`
        resolve()
      })
    })
  }

  async decode(input: Buffer, at: number, output: Buffer): Promise<CompressionStep> {
    const bytes = input.subarray(at, at + inputBytes)
    const waits = this.#pieces.length === 0 && bytes.length > 0
    if (waits) await this.#write(bytes)
    const produced = this.#take(output)
    // A fault is told of when what came before it has been taken.
    const isWhole = this.#pieces.length === 0
    return { consumed: waits ? bytes.length : 0, produced, isWhole, ...(isWhole && this.#fault !== undefined && { fault: this.#fault }) }
  }

  async finish(): Promise<string | undefined> {
    if (this.#hasEnded) return this.#fault
    this.#engine.end()
    await this.#ended
    return this.#fault && 'ends in the midst of its compressed data, so it was cut'
  }

  close(): void {
    this.#engine.destroy()
  }

  async #write(bytes: Buffer): Promise<void> {
    if (!this.#hasEnded) {
      this.#given += bytes.length
      // The callback never comes after a failure.
      await Promise.race([new Promise((resolve) => this.#engine.write(bytes, resolve)), this.#ended])
      // That it has ended is told of a little later.
      if (this.#engine.readableEnded || this.#engine.destroyed) await this.#ended
      if (this.#engine.bytesWritten === this.#given) return
    }
    this.#fault ??= 'has bytes after the end of its compressed data'
  }

  #take(output: Buffer): number {
    let produced = 0
    while (this.#pieces[0] && produced < output.length) {
      const piece = this.#pieces[0]
      const taken = piece.copy(output, produced)
      produced += taken
      if (taken === piece.length) this.#pieces.shift()
      else this.#pieces[0] = piece.subarray(taken)
    }
    return produced
  }
}
