import { close, read } from 'node:fs'
import { promisify } from 'node:util'
import type { Reader } from './byte-source.js'

const closeDescriptor = promisify(close)
/** How long to wait before reading again from a device that has nothing yet and was opened not to block. */
const retryMs = 10
/** Pieces kept for reading again. */
const piecesMax = 4

export interface DescriptorReaderOptions {
  /** The most bytes of one read. */
  readBytes: number
  /** Whether `close` closes the descriptor too; false for one that belongs to the process. */
  owned: boolean
  /** Offset of the first byte; without it reading goes on from where the descriptor stands. */
  start?: number | undefined
  /** Offset of the last byte. Default: the end of the file. */
  end?: number | undefined
}

/** Reads a file or a device, of which a read is sure to return soon. What may wait for ever (a pipe) is a StreamReader's. */
export class DescriptorReader implements Reader {
  readonly #descriptor: number
  readonly #readBytes: number
  readonly #owned: boolean
  // Null means the descriptor's own position, which a shell may have moved and others may share.
  #position: number | null
  // Bytes still asked for.
  #left: number
  readonly #pieces: Buffer[] = []
  #closing = false
  #reading: Promise<void> | undefined

  constructor(descriptor: number, { readBytes, owned, start, end }: DescriptorReaderOptions) {
    this.#descriptor = descriptor
    this.#readBytes = readBytes
    this.#owned = owned
    this.#position = start === undefined && end === undefined ? null : (start ?? 0)
    this.#left = end === undefined ? Number.POSITIVE_INFINITY : end - (start ?? 0) + 1
  }

  read(deliver: (bytes: Buffer | null) => boolean, fail: (error: unknown) => void): void {
    if (this.#left <= 0) {
      deliver(null)
      return
    }
    const length = Math.min(this.#readBytes, this.#left)
    // Fresh where none came back, and not from Node's pool: the consumer keeps the piece as long as it likes.
    const buffer = this.#pieces.pop() ?? Buffer.allocUnsafeSlow(this.#readBytes)
    this.#reading = new Promise((settled) => {
      read(this.#descriptor, buffer, 0, length, this.#position, (error, count) => {
        settled()
        if (this.#closing) return
        if (error?.code === 'EAGAIN') setTimeout(() => !this.#closing && this.read(deliver, fail), retryMs)
        else if (error) fail(error)
        else this.#deliver(buffer, count, deliver)
      })
    })
  }

  recycle(piece: Uint8Array): void {
    const whole = piece.byteOffset === 0 && piece.buffer.byteLength === this.#readBytes
    if (whole && this.#pieces.length < piecesMax) this.#pieces.push(Buffer.from(piece.buffer))
  }

  #deliver(buffer: Buffer, count: number, deliver: (bytes: Buffer | null) => boolean): void {
    this.#left -= count
    if (this.#position !== null) this.#position += count
    if (count === 0) deliver(null)
    // A short piece is copied, so that a few bytes do not hold a whole read's memory.
    else deliver(count < buffer.length / 2 ? Buffer.from(buffer.subarray(0, count)) : buffer.subarray(0, count))
  }

  async close(): Promise<void> {
    this.#closing = true
    // Closing under a read would let the number go to another file while the read is still to come.
    await this.#reading
    if (this.#owned) await closeDescriptor(this.#descriptor)
  }
}
