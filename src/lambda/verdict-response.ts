import { isSluiceError } from '../errors.js'
import type { Report } from '../report.js'

/** What the runtime gives to write a response to; no whole Writable. */
export interface ResponseStream {
  write(chunk: Buffer | string, callback: (error?: Error | null) => void): boolean
  end(callback: () => void): void
}

const ofFile = /^(?:input|header|schema\/cell|event)\b/

/** A response of verdicts, as NDJSON in large chunks: each small one would cost a frame, and Lambda its time. */
export class VerdictResponse {
  readonly #open: (statusCode: number) => ResponseStream
  readonly #chunkBytes: number
  #stream: ResponseStream | undefined
  #gathered: Buffer[] = []
  #bytes = 0

  /** `open` is called once, with the status, before the first byte. */
  constructor(open: (statusCode: number) => ResponseStream, chunkBytes: number) {
    this.#open = open
    this.#chunkBytes = chunkBytes
  }

  /** Adds whole lines. Resolves when they can be forgotten. */
  async add(lines: Buffer): Promise<void> {
    if (lines.length === 0) return
    this.#gather(lines)
    if (this.#bytes >= this.#chunkBytes) await this.#send(200)
  }

  report(report: Report): void {
    this.#gather(Buffer.from(`${JSON.stringify({ report })}\n`))
  }

  /** Adds the line that says that, and why, the answer is not complete. */
  async fail(error: unknown): Promise<void> {
    const isOurs = isSluiceError(error)
    const code = isOurs ? error.code : 'native/panic'
    // What is no error of ours may say of the machine what is not for who has sent the file.
    const message = isOurs ? error.message : 'A fault inside the function; its log has it.'
    console.error(error)
    const status = this.#bytes > 0 ? 200 : ofFile.test(code) ? 400 : 500
    this.#gather(Buffer.from(`${JSON.stringify({ failure: { code, message } })}\n`))
    await this.#send(status)
  }

  async end(): Promise<void> {
    if (this.#bytes > 0 || !this.#stream) await this.#send(200)
    await new Promise<void>((resolve) => this.#stream?.end(resolve))
  }

  #gather(bytes: Buffer): void {
    this.#gathered.push(bytes)
    this.#bytes += bytes.length
  }

  #send(status: number): Promise<void> {
    this.#stream ??= this.#open(status)
    const stream = this.#stream
    const chunk = Buffer.concat(this.#gathered)
    this.#gathered = []
    this.#bytes = 0
    return new Promise((resolve, reject) => {
      stream.write(chunk, (error) => (error ? reject(error) : resolve()))
    })
  }
}
