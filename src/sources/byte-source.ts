import { Readable } from 'node:stream'
import { type BrokenEnd, brokenEndKey } from '../broken-end.js'
import type { Checkpoint } from '../checkpoint/checkpoint.js'
import { checkDecompressionLimits, type DecompressionLimits } from '../compression/limits.js'
import { type Compression, checkedCompression } from '../compression/names.js'
import { isSluiceError, SluiceError } from '../errors.js'
import { type Recycler, recycleKey, SoleConsumer } from '../recycle.js'
import { DecompressingReader } from './decompressing-reader.js'

/** Where a ByteSource gets its bytes: a descriptor that is read, or a stream that is listened to. */
export interface Reader {
  /**
   * Asks for more. `deliver` is called with one or more pieces (its answer says whether to go on), or once with `null` at the end;
   * a piece belongs to its receiver and is never written to again, unless it comes back by `recycle`.
   */
  read(deliver: (bytes: Buffer | null) => boolean, fail: (error: unknown) => void): void
  /** Takes back a piece of which nobody holds on to the memory. */
  recycle?(piece: Uint8Array): void
  /** Lets go of everything. Resolves when nothing of it is open. */
  close(): Promise<void>
}

export interface ByteSourceOptions extends DecompressionLimits {
  /**
   * How the input is compressed. Default `auto`: gzip (bgzip too) and zstd by their first bytes, brotli by the ending `.br` of the name.
   * What is damaged, cut or has anything after its end is the error `input/compression`, after all that could be read.
   */
  compression?: Compression | undefined
  /** The most bytes of one read, and what is held ahead of the consumer. Default 1,048,576 (1 MiB). */
  readBytes?: number | undefined
  /** Destroys the stream when it is aborted. */
  signal?: AbortSignal | undefined
}

/** As `checkedOptions` gives them. */
export type ByteSourceSettings = ByteSourceOptions & { readBytes: number; checkpoint?: Checkpoint }

export const readBytesDefault = 1024 * 1024
// What comes before these is as it should be, and is to be read.
const brokenEnds = ['input/compression', 'limit/decompressed-bytes', 'limit/decompression-ratio'] as const

/** A Readable of bytes from a file, a pipe or a terminal, decompressed. Its errors are SluiceErrors. */
export class ByteSource extends Readable implements Recycler, BrokenEnd {
  /** What the source is called in positions and messages: the path as it was given, `-` for standard input. */
  readonly path: string
  readonly #open: () => Promise<Reader>
  readonly #options: ByteSourceSettings
  #reader: DecompressingReader | undefined
  readonly #consumer = new SoleConsumer(this)
  #failure: Error | undefined
  #takesBrokenEnd = false
  #endsEarly = false

  /** `options` have been checked (`checkedOptions`). */
  constructor(path: string, open: () => Promise<Reader>, options: ByteSourceSettings) {
    super({ highWaterMark: options.readBytes, ...(options.signal && { signal: options.signal }) })
    this.path = path
    this.#open = open
    this.#options = options
  }

  /** Bytes read until now of the input as it is at rest: compressed ones where it is compressed. */
  get bytesRead(): number {
    return this.#reader?.bytesRead ?? 0
  }

  /** Whether the input is decompressed on the way, so that places in the two differ; known from the first piece on. */
  get isCompressed(): boolean {
    return this.#reader?.isCompressed ?? false
  }

  override _construct(callback: (error?: Error | null) => void): void {
    this.#open().then(
      (reader) => {
        this.#reader = new DecompressingReader(reader, {
          ...this.#options,
          compression: this.#options.compression ?? 'auto',
          path: this.path,
        })
        callback()
      },
      (cause) => callback(inputError(cause, this.path)),
    )
  }

  override _read(): void {
    this.#options.checkpoint?.checkParts()
    this.#reader?.read(
      (bytes) => !this.destroyed && this.push(bytes),
      (cause) => this.#fail(inputError(cause, this.path)),
    )
  }

  override read(size?: number): ReturnType<Readable['read']> {
    const chunk = super.read(size)
    if (this.#failure && !this.#endsEarly && chunk === null && this.readableLength === 0) this.destroy(this.#failure)
    return chunk
  }

  [brokenEndKey](): () => Error | undefined {
    this.#takesBrokenEnd = true
    return () => (this.#endsEarly ? this.#failure : undefined)
  }

  #fail(error: SluiceError): void {
    const isBroken = brokenEnds.some((code) => isSluiceError(error, code))
    if (!isBroken) {
      this.destroy(error)
      return
    }
    this.#failure = error
    // To anyone else the end would look like that of the input.
    this.#endsEarly = this.#takesBrokenEnd && this.#isReadByOne()
    if (this.#endsEarly) this.push(null)
    // What waits is read first; `read` goes on from there.
    else if (this.readableLength === 0) this.destroy(error)
  }

  #isReadByOne(): boolean {
    return this.listenerCount('data') === 1 && this.listenerCount('readable') === 0
  }

  [recycleKey](chunk: Uint8Array): void {
    if (this.#consumer.isSole) this.#reader?.recycle(chunk)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const closed = this.#reader?.close() ?? Promise.resolve()
    closed.then(
      () => callback(error),
      (cause) => callback(error ?? inputError(cause, this.path)),
    )
  }
}

/** The options of any ByteSource, where they can be used. Throws option/invalid. */
export function checkedOptions(options: ByteSourceOptions): ByteSourceSettings & { compression: Compression } {
  const { compression, decompressedBytesMax, decompressionRatioMax, signal } = options
  const readBytes = checkedReadBytes(options.readBytes)
  checkDecompressionLimits(options)
  return { readBytes, compression: checkedCompression(compression), decompressedBytesMax, decompressionRatioMax, signal }
}

/** `readBytes` when it is a whole number of at least 1. Throws option/invalid. */
export function checkedReadBytes(readBytes: number = readBytesDefault): number {
  if (Number.isSafeInteger(readBytes) && readBytes >= 1) return readBytes
  throw new SluiceError('option/invalid', `readBytes is ${String(readBytes)}; it must be a whole number of bytes, at least 1.`)
}

/** What kept an input from being read, as a SluiceError: input/not-found or input/unreadable. */
export function inputError(cause: unknown, path: string): SluiceError {
  if (cause instanceof SluiceError) return cause
  const name = path === '-' ? 'Standard input' : `The input ${path}`
  const { code, message } = cause as NodeJS.ErrnoException
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new SluiceError('input/not-found', `${name} does not exist; check the path.`, { cause })
  }
  if (code === 'EISDIR') return new SluiceError('input/unreadable', `${name} is a directory; name a file in it.`, { cause })
  if (code === 'EACCES' || code === 'EPERM') {
    return new SluiceError('input/unreadable', `${name} may not be read by this user; check its permissions.`, { cause })
  }
  return new SluiceError('input/unreadable', `${name} cannot be read: ${message}.`, { cause })
}
