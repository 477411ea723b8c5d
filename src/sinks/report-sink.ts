import { Writable } from 'node:stream'
import { SluiceError } from '../errors.js'
import type { Report } from '../report.js'
import { type Subscribable, subscribeKey, type Verdict, verdictOf } from '../verdict.js'
import { pathSink } from './path-sink.js'

/**
 * Takes the chunks of `validate()` and writes the report of the last one as indented JSON and a line feed, to a file or `s3://bucket/key` (whole or not at all)
 * or to any Writable, which is ended, and destroyed on a failure, unless it is the process's own. When `maxErrors` stops the stream, the
 * report of that is written.
 *
 * The stream fails with `sink/unwritable`, at its opening for a path that cannot be written, and with `sink/no-verdict` when the chunks
 * did not come straight from `validate()`.
 */
export function reportSink(to: string | Writable): Writable {
  return new ReportSink(to)
}

class ReportSink extends Writable {
  readonly #to: Writable
  readonly #toPath: boolean
  #report: Report | undefined

  constructor(to: string | Writable) {
    // One at a time, so that the end of what is piped in does not come before its last chunk, which may hold it back.
    super({ objectMode: true, highWaterMark: 1 })
    this.#toPath = typeof to === 'string'
    this.#to = typeof to === 'string' ? pathSink(to) : to
    this.#to.on('error', this.#onError)
    // The report of a stream of objects rides on no chunk.
    this.on('pipe', (source) => {
      ;(source as Partial<Subscribable>)[subscribeKey]?.({ refused: () => {}, report: (report, hold) => this.#take(report, hold) })
    })
  }

  override _construct(callback: (error?: Error | null) => void): void {
    // A path that cannot be written is told of at once, not after hours at the end of the stream; the empty write comes back when it is open.
    if (this.#toPath) this.#to.write('', callback)
    else callback()
  }

  override _write(chunk: unknown, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    const verdict = verdictOf(chunk)
    if (verdict?.report) this.#take(verdict.report, verdict.hold)
    callback()
  }

  override _final(callback: (error?: Error | null) => void): void {
    if (this.#report) this.#send(this.#report, callback)
    else callback(new SluiceError('sink/no-verdict', 'The report has nothing to tell: its chunks did not come straight from validate().'))
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#to.off('error', this.#onError)
    // Our own listener is gone, and `error` is the one to pass on.
    if (!isProcessStream(this.#to)) this.#to.on('error', () => {})
    // What was ended is left to close by itself: one that can be read may still have readers.
    const ended = this.#to.writableEnded || isProcessStream(this.#to)
    // A file of ours is sure to tell when its temporary file is gone; another's Writable may never say that it has closed.
    if (this.#toPath && !this.#to.closed) this.#to.once('close', () => callback(error))
    else callback(error)
    if (!ended) this.#to.destroy()
  }

  #take(report: Report, hold: Verdict['hold']): void {
    this.#report = report
    hold?.(new Promise((resolve) => this.once('close', resolve)))
  }

  #send(report: Report, callback: (error?: Error | null) => void): void {
    const text = `${JSON.stringify(report, null, 2)}\n`
    if (isProcessStream(this.#to)) this.#to.write(text, callback)
    else this.#to.end(text, callback)
  }

  readonly #onError = (error: Error): void => {
    this.destroy(error)
  }
}

// Ending one of these would take it from everyone else in the process.
function isProcessStream(stream: Writable): boolean {
  return stream === process.stdout || stream === process.stderr
}
