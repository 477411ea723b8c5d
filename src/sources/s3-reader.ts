import { setMaxListeners } from 'node:events'
import { SluiceError } from '../errors.js'
import { beginChecksum, type Checksum } from '../s3/checksum.js'
import { connect, type S3Connection } from '../s3/client.js'
import type { S3ClientOptions } from '../s3/client-options.js'
import { type S3Location, urlOf } from '../s3/location.js'
import type { Reader } from './byte-source.js'
import { headObject, type S3ObjectReading } from './s3-head.js'
import type { S3Object } from './s3-object.js'
import { S3Range } from './s3-range.js'

export interface S3ReaderOptions {
  location: S3Location
  client: S3ClientOptions
  /** The ETag that the object must have. */
  etag: string | undefined
  start: number | undefined
  /** Offset of the last byte. */
  end: number | undefined
  pieceBytes: number
  rangeBytes: number
  rangesInFlight: number
  attemptsMax: number
  stallTimeoutMs: number
  onObject(object: S3Object): void
  /** Where to begin, and in which object, where that has to be found out first; in place of `start` and `etag`. */
  locate?(signal: AbortSignal): Promise<{ start: number; etag: string }>
}

/**
 * Reads an object in ranges, several at once, and hands them on in order. A range is begun only when one before it was handed on whole, so
 * what is held is never more than `rangesInFlight` ranges, however slow the consumer is.
 */
export class S3Reader implements Reader {
  readonly #options: S3ReaderOptions
  readonly #controller = new AbortController()
  readonly #ranges: S3Range[] = []
  readonly #spare: Buffer[] = []
  #connection: S3Connection | undefined
  #reading: S3ObjectReading | undefined
  #object: S3Object | undefined
  #checksum: Checksum | undefined
  // The next byte to ask for, and the first one not to.
  #next = 0
  #until = 0
  #opening: Promise<void> | undefined
  #deliver: (bytes: Buffer | null) => boolean = () => false
  #fail: (error: unknown) => void = () => {}
  #isWanted = false
  #isAdvancing = false

  constructor(options: S3ReaderOptions) {
    this.#options = options
    // Each attempt listens, and there are as many as ranges in flight.
    setMaxListeners(0, this.#controller.signal)
  }

  read(deliver: (bytes: Buffer | null) => boolean, fail: (error: unknown) => void): void {
    this.#deliver = deliver
    this.#fail = fail
    this.#isWanted = true
    // Here and not when it is made: what is being read can be given up at once, what is being opened could not.
    this.#opening ??= this.#open().then(
      () => this.#advance(),
      (error) => this.#tell(error),
    )
    if (this.#object) this.#advance()
  }

  recycle(piece: Uint8Array): void {
    const { pieceBytes, rangeBytes, rangesInFlight } = this.#options
    const whole = piece.byteOffset === 0 && piece.buffer.byteLength === pieceBytes
    if (whole && this.#spare.length < (rangeBytes / pieceBytes) * rangesInFlight) this.#spare.push(Buffer.from(piece.buffer))
  }

  async close(): Promise<void> {
    this.#controller.abort()
    await this.#opening
    await Promise.all(this.#ranges.map((range) => range.ended))
    this.#connection?.release()
    this.#connection = undefined
  }

  async #open(): Promise<void> {
    const { location, client, end, attemptsMax, stallTimeoutMs, locate } = this.#options
    const { signal } = this.#controller
    const { start, etag } = (await locate?.(signal)) ?? this.#options
    this.#connection = await connect(client, stallTimeoutMs)
    this.#reading = { location, connection: this.#connection, signal, attemptsMax, stallTimeoutMs }
    const object = await headObject(this.#reading, etag)
    this.#next = start ?? 0
    this.#until = Math.min(object.bytes, end === undefined ? object.bytes : end + 1)
    const isWhole = this.#next === 0 && this.#until === object.bytes
    if (isWhole && object.checksum) this.#checksum = await beginChecksum(object.checksum.algorithm)
    this.#object = object
    this.#options.onObject(object)
  }

  /** Begins ranges and hands pieces on, as far as both can be done now. */
  #advance(): void {
    if (this.#isAdvancing || this.#controller.signal.aborted) return
    this.#isAdvancing = true
    this.#fill()
    while (this.#isWanted) {
      const head = this.#ranges[0]
      if (!head) {
        this.#isWanted = false
        this.#end()
        break
      }
      const piece = head.take()
      if (piece) this.#handOn(piece)
      else if (head.done) {
        this.#ranges.shift()
        this.#fill()
      } else {
        if (head.error !== undefined) this.#tell(head.error)
        break
      }
    }
    this.#isAdvancing = false
  }

  #fill(): void {
    const { rangeBytes, rangesInFlight, pieceBytes } = this.#options
    while (this.#next < this.#until && this.#ranges.length < rangesInFlight) {
      const first = this.#next
      const last = Math.min(this.#until, first + rangeBytes) - 1
      this.#next = last + 1
      const range = new S3Range({
        reading: this.#reading as S3ObjectReading,
        object: this.#object as S3Object,
        first,
        last,
        newPiece: () => this.#spare.pop() ?? Buffer.allocUnsafeSlow(Math.min(pieceBytes, last - first + 1)),
        onProgress: () => this.#advance(),
      })
      this.#ranges.push(range)
    }
  }

  #handOn(piece: Buffer): void {
    this.#checksum?.update(piece)
    this.#isWanted = false
    // The answer may come after another read() already has.
    if (this.#deliver(piece)) this.#isWanted = true
  }

  #end(): void {
    this.#verify().then(
      () => !this.#controller.signal.aborted && this.#deliver(null),
      (error) => this.#tell(error),
    )
  }

  async #verify(): Promise<void> {
    const expected = this.#object?.checksum
    if (!this.#checksum || !expected) return
    const found = await this.#checksum.digest()
    if (found === expected.value) return
    throw new SluiceError(
      'input/checksum',
      `The input ${urlOf(this.#options.location)} is not what was stored: its ${expected.algorithm} is ${found}, and should be ${expected.value}.`,
    )
  }

  #tell(error: unknown): void {
    if (!this.#controller.signal.aborted) this.#fail(error)
  }
}
