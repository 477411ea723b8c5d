import { finished } from 'node:stream'
import { fileSink, s3Sink, stdoutSink } from '../../index.js'
import { isS3Url } from '../../s3/location.js'
import { letGo } from '../ending.js'

/** A text that is written bit by bit, to a file (whole or not at all) or to standard output. */
export class TextFile {
  readonly #sink: ReturnType<typeof fileSink>

  constructor(path: string) {
    this.#sink = path === '-' ? stdoutSink({ whenReaderLeaves: 'drain' }) : isS3Url(path) ? s3Sink(path) : fileSink(path)
    // Who writes is told of a failure; this keeps Node from taking it for one that nobody heard.
    this.#sink.on('error', () => {})
  }

  /** Rejects where it cannot be written, before anything is read. */
  open(): Promise<void> {
    return this.write('')
  }

  write(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#sink.write(text, (error) => (error ? reject(error) : resolve()))
    })
  }

  async finish(): Promise<void> {
    const ended = new Promise<void>((resolve, reject) =>
      finished(this.#sink, { readable: false }, (error) => (error ? reject(error) : resolve())),
    )
    this.#sink.end()
    await ended
  }

  discard(): Promise<void> {
    return letGo(this.#sink)
  }
}
