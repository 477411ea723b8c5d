import { once } from 'node:events'
import { finished } from 'node:stream'
import { type FileOutcome, fileSink, stdoutSink } from '../../index.js'
import { describeFailure } from '../failure.js'

/** One line of JSON for each input: `{ source, report, error }`. */
export class ReportsFile {
  readonly #sink: ReturnType<typeof fileSink>

  constructor(path: string) {
    this.#sink = path === '-' ? stdoutSink({ whenReaderLeaves: 'drain' }) : fileSink(path)
    this.#sink.on('error', () => {})
  }

  async open(): Promise<void> {
    await this.#write('')
  }

  async add({ source, report = undefined, error }: FileOutcome): Promise<void> {
    const told = error === undefined ? null : describeFailure(error)
    const failure = told && { code: told.code, message: told.sentence }
    await this.#write(`${JSON.stringify({ source, report: report ?? null, error: failure })}\n`)
  }

  async finish(): Promise<void> {
    const ended = new Promise<void>((resolve, reject) =>
      finished(this.#sink, { readable: false }, (error) => (error ? reject(error) : resolve())),
    )
    this.#sink.end()
    await ended
  }

  async discard(): Promise<void> {
    if (this.#sink.closed || this.#sink.writableFinished) return
    const closed = once(this.#sink, 'close').catch(() => {})
    this.#sink.destroy()
    await closed
  }

  #write(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#sink.write(text, (error) => (error ? reject(error) : resolve()))
    })
  }
}
