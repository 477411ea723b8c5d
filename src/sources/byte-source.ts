import { Readable } from 'node:stream'
import { SluiceError } from '../errors.js'
import { type Recycler, recycleKey } from '../recycle.js'

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

export interface ByteSourceOptions {
  /** The most bytes of one read, and what is held ahead of the consumer. Default 1,048,576 (1 MiB). */
  readBytes?: number | undefined
  /** Destroys the stream when it is aborted. */
  signal?: AbortSignal | undefined
}

export interface ByteSourceSettings extends ByteSourceOptions {
  readBytes: number
}

export const readBytesDefault = 1024 * 1024

/** A Readable of bytes from a file, a pipe or a terminal. Its errors are SluiceErrors. */
export class ByteSource extends Readable implements Recycler {
  /** What the source is called in positions and messages: the path as it was given, `-` for standard input. */
  readonly path: string
  readonly #open: () => Promise<Reader>
  #reader: Reader | undefined

  constructor(path: string, open: () => Promise<Reader>, options: ByteSourceSettings) {
    super({ highWaterMark: options.readBytes, ...(options.signal && { signal: options.signal }) })
    this.path = path
    this.#open = open
  }

  override _construct(callback: (error?: Error | null) => void): void {
    this.#open().then(
      (reader) => {
        this.#reader = reader
        callback()
      },
      (cause) => callback(inputError(cause, this.path)),
    )
  }

  override _read(): void {
    this.#reader?.read(
      (bytes) => !this.destroyed && this.push(bytes),
      (cause) => this.destroy(inputError(cause, this.path)),
    )
  }

  [recycleKey](chunk: Uint8Array): void {
    // Its one listener is the pipe to who gives the chunk back; anyone else might have kept it.
    if (this.listenerCount('data') === 1 && this.listenerCount('readable') === 0) this.#reader?.recycle?.(chunk)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const closed = this.#reader?.close() ?? Promise.resolve()
    closed.then(
      () => callback(error),
      (cause) => callback(error ?? inputError(cause, this.path)),
    )
  }
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
