import { close, writev } from 'node:fs'
import type { Writable } from 'node:stream'
import { promisify } from 'node:util'
import { SluiceError } from '../errors.js'

/** Where the bytes of a sink go. Each call but `discard` is made only when the one before has come back. */
export interface Output {
  /** Once a write has come back, its bytes are read no more. */
  readonly letsGo?: boolean
  /** Writes all of `buffers`, in order. */
  write(buffers: readonly Uint8Array[]): Promise<void>
  /**
   * Has all that was written stand whole, so that `finish`, which is what comes next, has nothing to do but give it its name: of several
   * outputs none gets its own while another may still fail.
   */
  prepare?(): Promise<void>
  /** Makes what was written final. */
  finish(): Promise<void>
  /**
   * Has what was written up to here stand by itself, and gives a function that takes back all that is written after it. Undefined where
   * that cannot be: by an output that is no file, or in a compression whose data cannot be joined.
   */
  mark?(): Promise<RollBack | undefined>
  /** Lets go of everything, at any time; what is not final leaves no trace where the output can take it back. */
  discard(): Promise<void>
}

export type RollBack = () => Promise<void>

/** What a sink does when the reader of its pipe goes away (EPIPE). */
export type WhenReaderLeaves = 'stop' | 'drain'

const closeDescriptor = promisify(close)
/** How long to wait before writing again to a device that takes nothing now and was opened not to block. */
const retryMs = 10

function writeOnce(descriptor: number, buffers: readonly Uint8Array[], position: number | null): Promise<number> {
  return new Promise((resolve, reject) => {
    writev(descriptor, buffers, position, (error, count) => {
      if (!error) resolve(count)
      else if (error.code === 'EAGAIN') setTimeout(resolve, retryMs, 0)
      else reject(error)
    })
  })
}

/** Writes all of `buffers` at `position`, or at the descriptor's own; the system may take a part at a time. */
export async function writeAll(descriptor: number, buffers: readonly Uint8Array[], position: number | null = null): Promise<void> {
  let rest = buffers.filter((buffer) => buffer.length > 0)
  let at = position
  while (rest.length > 0) {
    let written = await writeOnce(descriptor, rest, at)
    if (at !== null) at += written
    const first = rest.findIndex((buffer) => {
      if (written < buffer.length) return true
      written -= buffer.length
      return false
    })
    if (first === -1) return
    rest = rest.slice(first)
    rest[0] = (rest[0] as Uint8Array).subarray(written)
  }
}

/** A device, or a file that the process was given open: written as it comes, with nothing to take back. */
export class DescriptorOutput implements Output {
  readonly letsGo = true
  readonly #descriptor: number
  readonly #owned: boolean
  #writing: Promise<void> = Promise.resolve()
  #closed = false

  constructor(descriptor: number, { owned }: { owned: boolean }) {
    this.#descriptor = descriptor
    this.#owned = owned
  }

  write(buffers: readonly Uint8Array[]): Promise<void> {
    this.#writing = writeAll(this.#descriptor, buffers)
    return this.#writing
  }

  async finish(): Promise<void> {
    if (!this.#owned || this.#closed) return
    this.#closed = true
    await closeDescriptor(this.#descriptor)
  }

  async discard(): Promise<void> {
    // Closing under a write would let the number go to another file while the write is still to come; how it ended, its caller hears.
    await this.#writing.catch(() => {})
    await this.finish()
  }
}

// Without a listener, the error of a process's own stream would end the process, though the write has already told of it.
const guarded = new WeakSet<Writable>()

/**
 * A pipe, a socket or a terminal, written through the event loop: a write in the thread pool cannot be cancelled, and would hold up
 * destroy(), and even process.exit(), until the other side reads.
 */
export class StreamOutput implements Output {
  readonly letsGo = true
  readonly #stream: Writable
  readonly #owned: boolean

  constructor(stream: Writable, { owned }: { owned: boolean }) {
    this.#stream = stream
    this.#owned = owned
    if (!guarded.has(stream)) stream.on('error', () => {})
    guarded.add(stream)
  }

  write(buffers: readonly Uint8Array[]): Promise<void> {
    // Once a write has failed, the stream says only that it is destroyed.
    if (this.#stream.destroyed) return Promise.reject(readerLeft())
    return new Promise((resolve, reject) => {
      this.#stream.cork()
      for (const buffer of buffers.slice(0, -1)) this.#stream.write(buffer)
      this.#stream.write(buffers.at(-1) ?? '', (error) => (error ? reject(error) : resolve()))
      this.#stream.uncork()
    })
  }

  async finish(): Promise<void> {
    if (!this.#owned || this.#stream.destroyed) return
    await new Promise<void>((resolve) => {
      this.#stream.once('close', () => resolve())
      this.#stream.end()
    })
  }

  async discard(): Promise<void> {
    if (this.#owned) this.#stream.destroy()
  }
}

/** Passes on to `output` until its reader leaves, then takes the rest in silence. */
export class DrainingOutput implements Output {
  readonly #output: Output
  #left = false

  constructor(output: Output) {
    this.#output = output
  }

  get letsGo(): boolean {
    return this.#output.letsGo === true
  }

  async write(buffers: readonly Uint8Array[]): Promise<void> {
    if (!this.#left) await this.#untilReaderLeaves(() => this.#output.write(buffers))
  }

  async #untilReaderLeaves(work: () => Promise<void>): Promise<void> {
    await work().catch((error) => {
      if (error?.code !== 'EPIPE') throw error
      this.#left = true
    })
  }

  async mark(): Promise<RollBack | undefined> {
    return this.#output.mark?.()
  }

  async prepare(): Promise<void> {
    await this.#untilReaderLeaves(async () => this.#output.prepare?.())
  }

  finish(): Promise<void> {
    return this.#output.finish()
  }

  discard(): Promise<void> {
    return this.#output.discard()
  }
}

function readerLeft(): Error {
  return Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' })
}

/**
 * What kept an output from being written, as a SluiceError sink/unwritable that names it. An EPIPE stays as it is: that a reader goes away
 * is no failure, and who runs the pipeline has to be able to tell.
 */
export function outputError(cause: unknown, path: string): Error {
  const { code, message } = cause as NodeJS.ErrnoException
  if (cause instanceof SluiceError || code === 'EPIPE') return cause as Error
  const name = path === '-' ? 'Standard output' : `The output ${path}`
  return new SluiceError('sink/unwritable', sentence(code, name, message), { cause })
}

function sentence(code: string | undefined, name: string, message: string): string {
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return `${name} cannot be written: its folder does not exist; make it first.`
    case 'EISDIR':
      return `${name} is a directory; name a file in it.`
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `${name} may not be written by this user; check the permissions of the file and of its folder.`
    case 'ENAMETOOLONG':
      return `${name} cannot be written: its name is longer than the system takes; give it, or the input that it is called after, a shorter one.`
    case 'ENOSPC':
    case 'EDQUOT':
      return `${name} cannot be written: no space is left on its disk.`
    default:
      return `${name} cannot be written: ${message}.`
  }
}
