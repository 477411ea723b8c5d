import type { Readable } from 'node:stream'
import { SluiceError } from '../errors.js'
import { Attempt } from '../s3/attempt.js'
import { urlOf } from '../s3/location.js'
import { AttemptCut, withRetries } from '../s3/retry.js'
import { changedError, s3InputError } from './s3-fault.js'
import { readPermission, type S3ObjectReading } from './s3-head.js'
import type { S3Object } from './s3-object.js'

export interface S3RangeOptions {
  reading: S3ObjectReading
  object: S3Object
  /** Offset of the first byte. */
  first: number
  /** Offset of the last byte. */
  last: number
  /** Memory for the next piece. */
  newPiece(): Buffer
  /** There is a piece more, or the range has come to its end, or failed. */
  onProgress(): void
}

/**
 * One range of an object on its way: read as fast as it comes, so that no connection waits for the consumer, and kept in pieces. A body that
 * is cut, short or stalls is asked for again from the byte that it reached.
 */
export class S3Range {
  readonly #options: S3RangeOptions
  readonly #pieces: Buffer[] = []
  // The piece being filled, and how far it is.
  #piece: Buffer | undefined
  #filled = 0
  #received = 0
  #isComplete = false
  /** How it failed; undefined while it has not. */
  error: unknown
  /** Settles when nothing of it goes on any more; never rejects. */
  readonly ended: Promise<void>

  constructor(options: S3RangeOptions) {
    this.#options = options
    const { signal, attemptsMax } = options.reading
    this.ended = withRetries(() => this.#attempt(), { attemptsMax, signal }).then(
      () => {
        this.#isComplete = true
        this.#seal()
      },
      (cause) => {
        this.error = this.#isGone(cause) ? changedError(this.#url, cause) : s3InputError(cause, this.#url, readPermission)
        options.onProgress()
      },
    )
  }

  /** True when all of it was taken. */
  get done(): boolean {
    return this.#isComplete && this.#pieces.length === 0
  }

  /** The next piece in order, undefined as long as there is none. */
  take(): Buffer | undefined {
    return this.#pieces.shift()
  }

  get #length(): number {
    return this.#options.last - this.#options.first + 1
  }

  get #url(): string {
    return urlOf(this.#options.reading.location)
  }

  async #attempt(): Promise<void> {
    // All may have come, and only the end of the body not.
    if (this.#received === this.#length) return
    const { reading } = this.#options
    const attempt = new Attempt(reading.signal, reading.stallTimeoutMs)
    let body: Readable | undefined
    try {
      body = await this.#open(attempt)
      for await (const chunk of bodyOf(body, attempt.signal)) {
        attempt.touch()
        this.#keep(chunk)
      }
      if (this.#received < this.#length) throw new AttemptCut(`the body ended ${this.#length - this.#received} bytes too soon`)
    } finally {
      attempt.stop()
      body?.destroy()
    }
  }

  /** The body of what is still to come. */
  async #open(attempt: Attempt): Promise<Readable> {
    const { reading, object, first, last } = this.#options
    const { location, connection } = reading
    const from = first + this.#received
    const command = new connection.sdk.GetObjectCommand({
      Bucket: location.bucket,
      Key: location.key,
      ...(location.versionId && { VersionId: location.versionId }),
      Range: `bytes=${from}-${last}`,
      IfMatch: object.etag,
    })
    const answer = await attempt.send((abortSignal) => connection.client.send(command, { abortSignal }))
    attempt.touch()
    const body = answer.Body as Readable
    // A server may know neither of If-Match nor of ranges; what it sends tells.
    if (answer.ETag !== object.etag) {
      body.destroy()
      throw changedError(this.#url)
    }
    const isAll = answer.ContentRange === undefined && from === 0 && last === object.bytes - 1
    if (answer.ContentRange !== `bytes ${from}-${last}/${object.bytes}` && !isAll) {
      body.destroy()
      throw this.#unsound(`the server was asked for the bytes ${from} to ${last} and sent ${answer.ContentRange ?? 'the whole object'}`)
    }
    return body
  }

  #keep(chunk: Buffer): void {
    if (this.#received + chunk.length > this.#length) throw this.#unsound('the server sent more than it was asked for')
    for (let rest = chunk; rest.length > 0; ) {
      this.#piece ??= this.#options.newPiece()
      const count = rest.copy(this.#piece, this.#filled)
      this.#filled += count
      this.#received += count
      rest = rest.subarray(count)
      if (this.#filled === this.#piece.length) this.#seal()
    }
  }

  // A piece is handed on when it is full, and at the end.
  #seal(): void {
    if (this.#piece && this.#filled > 0) this.#pieces.push(this.#piece.subarray(0, this.#filled))
    this.#piece = undefined
    this.#filled = 0
    this.#options.onProgress()
  }

  // A range was there when the object was looked at: that it is not now means another object, or none.
  #isGone(cause: unknown): boolean {
    const status = (cause as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode
    return status === 404 || status === 416
  }

  #unsound(reason: string): SluiceError {
    return new SluiceError('input/unreadable', `The input ${this.#url} cannot be read: ${reason}.`)
  }
}

/** The chunks of `body`, until `signal` is aborted, which fails with its reason. */
async function* bodyOf(body: Readable, signal: AbortSignal): AsyncGenerator<Buffer> {
  const onAbort = () => body.destroy(signal.reason)
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    yield* body
    signal.throwIfAborted()
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
