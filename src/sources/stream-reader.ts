import { close } from 'node:fs'
import { Socket, type SocketConstructorOpts } from 'node:net'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import type { Reader } from './byte-source.js'

const closeDescriptor = promisify(close)
// A Linux pipe gives at most this much at once unless it was made larger.
const pipeBytes = 64 * 1024

type Deliver = (bytes: Buffer | null) => boolean

/**
 * Reads a named pipe through the event loop. A read in the thread pool would do for the bytes, but it cannot be cancelled: it would hold
 * up destroy(), and even process.exit(), until the other side writes.
 */
export class PipeReader implements Reader {
  readonly #descriptor: number
  readonly #readBytes: number
  #slab: Buffer
  #used = 0
  // Made by the first read, for a socket begins to read as soon as it is made.
  #socket: Socket | undefined
  #deliver: Deliver = () => false
  #fail: (error: unknown) => void = () => {}

  /** Takes over `descriptor`, which must be a pipe opened not to block. */
  constructor(descriptor: number, readBytes: number) {
    this.#descriptor = descriptor
    this.#readBytes = readBytes
    this.#slab = this.#newSlab()
  }

  read(deliver: Deliver, fail: (error: unknown) => void): void {
    this.#deliver = deliver
    this.#fail = fail
    this.#socket ??= this.#newSocket()
    this.#socket.resume()
  }

  async close(): Promise<void> {
    const socket = this.#socket
    if (socket === undefined) await closeDescriptor(this.#descriptor)
    else if (!socket.closed) await new Promise<void>((resolve) => socket.once('close', () => resolve()).destroy())
  }

  #newSocket(): Socket {
    const onread = {
      buffer: () => this.#room(),
      callback: (count: number, buffer: Uint8Array) => this.#took(buffer as Buffer, count),
    }
    // The types of net leave out onread here; the documentation has it.
    const options: SocketConstructorOpts & { onread: typeof onread } = { fd: this.#descriptor, readable: true, writable: false, onread }
    return new Socket(options).on('end', () => this.#deliver(null)).on('error', (error) => this.#fail(error))
  }

  #newSlab(): Buffer {
    return Buffer.allocUnsafeSlow(Math.max(this.#readBytes, pipeBytes))
  }

  // Pieces are cut one after the other from a slab, so that a pipe's many small reads cost no allocation each and no byte is used twice.
  #room(): Buffer {
    if (this.#slab.length - this.#used < Math.min(this.#readBytes, pipeBytes)) {
      this.#slab = this.#newSlab()
      this.#used = 0
    }
    return this.#slab.subarray(this.#used, this.#used + this.#readBytes)
  }

  #took(buffer: Buffer, count: number): boolean {
    this.#used += count
    return this.#deliver(buffer.subarray(0, count))
  }
}

/** Reads a stream that belongs to the process, or a terminal. */
export class StreamReader implements Reader {
  readonly #stream: Readable
  readonly #readBytes: number
  readonly #owned: boolean
  #deliver: Deliver = () => false
  #fail: (error: unknown) => void = () => {}
  #listening = false

  constructor(stream: Readable, { readBytes, owned }: { readBytes: number; owned: boolean }) {
    this.#stream = stream
    this.#readBytes = readBytes
    this.#owned = owned
  }

  read(deliver: Deliver, fail: (error: unknown) => void): void {
    this.#deliver = deliver
    this.#fail = fail
    if (this.#stream.readableEnded || this.#stream.destroyed) {
      deliver(null)
      return
    }
    if (!this.#listening) {
      this.#listening = true
      this.#stream.on('data', this.#onData).on('end', this.#onEnd).on('error', this.#onError)
    }
    this.#stream.resume()
  }

  async close(): Promise<void> {
    this.#stream.off('data', this.#onData).off('end', this.#onEnd).off('error', this.#onError)
    if (this.#owned) {
      this.#stream.destroy()
      return
    }
    // Paused and not destroyed, so that others in the process can read what comes next. Paused again later, because a stream that is paused
    // in the midst of a 'data' event begins one more read, which would keep the process alive.
    this.#stream.pause()
    setImmediate(() => {
      if (this.#stream.readableFlowing === false) this.#stream.resume().pause()
    })
  }

  readonly #onData = (bytes: Buffer): void => {
    let more = true
    for (let from = 0; from < bytes.length; from += this.#readBytes) {
      more = this.#deliver(bytes.subarray(from, from + this.#readBytes))
    }
    if (!more) this.#stream.pause()
  }

  readonly #onEnd = (): void => {
    this.#deliver(null)
  }

  readonly #onError = (error: unknown): void => this.#fail(error)
}
