import { Writable } from 'node:stream'
import { DrainingOutput, type Output, outputError, type RollBack, type WhenReaderLeaves } from './output.js'

// Enough for one writev of many small chunks; a chunk of a batch goes through by itself.
const highWaterMark = 1024 * 1024

/** A Writable of bytes into a file, a device, a pipe or standard output. Its errors are SluiceErrors, or an EPIPE as the system gave it. */
export class OutputSink extends Writable {
  /** The path as it was given, `-` for standard output. */
  readonly path: string
  readonly #open: (cancelled: () => boolean) => Promise<Output | undefined>
  readonly #whenReaderLeaves: WhenReaderLeaves
  #output: Output | undefined

  constructor(path: string, open: (cancelled: () => boolean) => Promise<Output | undefined>, whenReaderLeaves: WhenReaderLeaves = 'stop') {
    super({ highWaterMark })
    this.path = path
    this.#open = open
    this.#whenReaderLeaves = whenReaderLeaves
  }

  /** As `mark` of an Output; to be called, as the function it gives, when all that was written has come back. */
  async mark(): Promise<RollBack | undefined> {
    return this.#output?.mark?.()
  }

  override _construct(callback: (error?: Error | null) => void): void {
    this.#settle(
      this.#open(() => this.destroyed).then((output) => {
        this.#output = output && this.#whenReaderLeaves === 'drain' ? new DrainingOutput(output) : output
      }),
      callback,
    )
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#settle(this.#output?.write([chunk]), callback)
  }

  override _writev(chunks: { chunk: Uint8Array }[], callback: (error?: Error | null) => void): void {
    this.#settle(this.#output?.write(chunks.map(({ chunk }) => chunk)), callback)
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#settle(this.#output?.finish(), callback)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#settle(this.#output?.discard(), (failed) => callback(error ?? failed))
  }

  #settle(work: Promise<void> | undefined, callback: (error?: Error | null) => void): void {
    Promise.resolve(work).then(
      () => callback(),
      (cause) => callback(outputError(cause, this.path)),
    )
  }
}
