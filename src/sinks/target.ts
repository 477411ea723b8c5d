import { once } from 'node:events'
import { finished, type Writable } from 'node:stream'
import { OutputSink } from './output-sink.js'

/** One output of `split`: what it is given, how it ends, and that it does not end before its time. */
export class Target {
  readonly stream: Writable
  readonly #part: string
  readonly #isOwned: boolean
  /** How the stream has ended: with nothing where it took everything. */
  readonly #ended: Promise<Error | undefined>
  #draining: Promise<void> | undefined
  #ending: Promise<void> | undefined
  #wake: (() => void) | undefined
  #isFinished = false
  #isLetGo = false

  /** `isOwned`: nobody else has the stream. `fail` is called with what keeps it from taking more. */
  constructor(part: string, stream: Writable, { isOwned, fail }: { isOwned: boolean; fail: (error: Error) => void }) {
    this.#part = part
    this.stream = stream
    this.#isOwned = isOwned
    stream.on('error', fail)
    // Before `finished`, which may call back at the very event.
    stream.once('finish', () => {
      this.#isFinished = true
    })
    this.#ended = isProcessStream(stream) ? new Promise(() => {}) : this.#watch()
    void this.#ended.then((error) => {
      this.#wake?.()
      if (error && !this.#isLetGo) fail(error)
    })
  }

  /** Writes `chunk`, and comes back when there is room for more. */
  async write(chunk: unknown): Promise<void> {
    this.#refuseClosed()
    if (!this.stream.write(chunk)) await this.#room()
  }

  /** Writes `bytes`, and comes back when they are written. */
  async writeThrough(bytes: string | Uint8Array): Promise<void> {
    this.#refuseClosed()
    await new Promise<void>((resolve, reject) => {
      this.stream.write(bytes, (error) => (error ? reject(error) : resolve()))
    })
  }

  /** Writes `last`, if it is given, and comes back when the stream has nothing left to do but give a file its name. */
  async prepare(last?: string): Promise<void> {
    const { stream } = this
    if (!(stream instanceof OutputSink)) return this.end(last)
    this.#refuseClosed()
    if (last !== undefined) stream.write(last)
    await stream.prepare()
  }

  /** Ends the stream, with `last` if it is given, and comes back when it has taken everything. */
  end(last?: unknown): Promise<void> {
    this.#ending ??= this.#end(last)
    return this.#ending
  }

  async #end(last: unknown): Promise<void> {
    const { stream } = this
    if (isProcessStream(stream)) return this.writeThrough((last ?? '') as string)
    if (!this.#hasFinished) this.#refuseClosed()
    if (last === undefined) stream.end()
    else stream.end(last)
    const error = await this.#ended
    if (error) throw error
  }

  /** Destroys the stream, unless it has taken everything. */
  async letGo(): Promise<void> {
    const { stream } = this
    this.#isLetGo = true
    if (isProcessStream(stream) || stream.writableFinished) return
    if (!stream.destroyed) stream.destroy()
    // A file of ours is sure to tell when its temporary file is gone; another's Writable may never say that it has closed.
    if (this.#isOwned && !stream.closed) await once(stream, 'close').catch(() => {})
  }

  /** Comes back when the stream has drained, or has ended. One listener serves all who wait, and is gone with them. */
  #room(): Promise<void> {
    this.#draining ??= new Promise((resolve) => {
      this.#wake = () => {
        this.#draining = undefined
        resolve()
      }
      this.stream.once('drain', this.#wake)
    })
    return this.#draining
  }

  #watch(): Promise<Error | undefined> {
    return new Promise((resolve) => {
      finished(this.stream, { readable: false }, (error) => {
        const isPremature = error ? error.code === 'ERR_STREAM_PREMATURE_CLOSE' : !this.#hasFinished
        resolve(isPremature ? this.#prematureClose() : (error ?? undefined))
      })
    })
  }

  // `finished` takes a stream for finished that was destroyed with nothing left to write, though its `final` was never called.
  get #hasFinished(): boolean {
    return this.#isFinished || this.stream.writableFinished !== false
  }

  #refuseClosed(): void {
    if (this.stream.destroyed && !isProcessStream(this.stream)) throw this.stream.errored ?? this.#prematureClose()
  }

  #prematureClose(): Error {
    const message = `The target ${this.#part} was closed before it had taken everything; leave it open until split() ends it.`
    return Object.assign(new Error(message), { code: 'ERR_STREAM_PREMATURE_CLOSE' })
  }
}

/** True for what would be taken from everyone else in the process if it were ended. */
export function isProcessStream(stream: Writable): boolean {
  return stream === process.stdout || stream === process.stderr
}
