import { Writable } from 'node:stream'
import { type Releaser, releaseKey } from '../recycle.js'
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
  #releaser: Partial<Releaser> = {}
  #whenRoom: (() => void) | undefined

  constructor(path: string, open: (cancelled: () => boolean) => Promise<Output | undefined>, whenReaderLeaves: WhenReaderLeaves = 'stop') {
    super({ highWaterMark })
    this.path = path
    this.#open = open
    this.#whenReaderLeaves = whenReaderLeaves
    this.once('pipe', (source) => {
      this.#releaser = source as Partial<Releaser>
    })
  }

  /** Once a write has come back, its bytes are read no more. */
  get letsGo(): boolean {
    return this.#output?.letsGo === true
  }

  /**
   * Writes `bytes`, and comes back as soon as there is room for more; `written` is called once they are where they belong. Where that fails
   * later, the stream says so.
   */
  writeBehind(bytes: Uint8Array, written: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const hasRoom = this.write(bytes, (error) => {
        // After an earlier write has failed, this one's error says only that the stream is destroyed.
        if (error) return reject(this.errored ?? error)
        written()
        resolve()
        if (this.writableLength < highWaterMark) this.#whenRoom?.()
      })
      if (hasRoom) resolve()
      else this.#whenRoom = resolve
    })
  }

  /** As `mark` of an Output; to be called, as the function it gives, when all that was written has come back. */
  async mark(): Promise<RollBack | undefined> {
    return this.#output?.mark?.()
  }

  /** As `prepare` of an Output, once all that was written has come back. The stream is to be ended after it. */
  async prepare(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.write('', (error) => (error ? reject(this.errored ?? error) : resolve()))
    })
    await this.#output?.prepare?.().catch((cause) => {
      throw outputError(cause, this.path)
    })
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
    this.#settle(this.#writeAll([chunk]), callback)
  }

  override _writev(chunks: { chunk: Uint8Array }[], callback: (error?: Error | null) => void): void {
    this.#settle(this.#writeAll(chunks.map(({ chunk }) => chunk)), callback)
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#settle(this.#output?.finish(), callback)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#settle(this.#output?.discard(), (failed) => callback(error ?? failed))
  }

  async #writeAll(buffers: readonly Uint8Array[]): Promise<void> {
    await this.#output?.write(buffers)
    if (this.letsGo) for (const buffer of buffers) this.#releaser[releaseKey]?.(buffer)
  }

  #settle(work: Promise<void> | undefined, callback: (error?: Error | null) => void): void {
    Promise.resolve(work).then(
      () => callback(),
      (cause) => callback(outputError(cause, this.path)),
    )
  }
}
