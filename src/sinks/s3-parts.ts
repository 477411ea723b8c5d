import type { Checksum } from '../s3/checksum.js'
import { partsMax } from '../s3/limits.js'
import type { FinishedPart, S3Upload, WholeObject } from './s3-upload.js'

export interface S3PartsOptions {
  upload: S3Upload
  partBytes: number
  partsInFlight: number
  /** Of all bytes; undefined for none. */
  checksum: Checksum | undefined
  /** Ends the requests of the upload: a part has failed for good, so the others are for nothing. */
  abort(): void
}

/** What an upload has come to. */
export interface UploadProgress {
  finished: readonly FinishedPart[]
  /** Bytes in parts and in `rest`. */
  bytes: number
  /** What is in no part yet; less than a part. */
  rest: Uint8Array
}

/**
 * Bytes as the parts of an upload: they are copied into a part's buffer, which is sent when it is full. There are as many buffers as parts in
 * flight, and one that is filled. Where the parts end depends on nothing but the bytes.
 */
export class S3Parts {
  readonly #options: S3PartsOptions
  readonly #finished: FinishedPart[] = []
  readonly #spare: Buffer[] = []
  readonly #inFlight = new Set<Promise<void>>()
  // The part that is being filled.
  #part: Buffer | undefined
  #filled = 0
  #bytes = 0
  #count = 0
  // A buffer that somebody reads beside us.
  #lent: Buffer | undefined
  // How a part failed, for the next call to tell.
  #failure: unknown

  constructor(options: S3PartsOptions, from?: UploadProgress) {
    this.#options = options
    if (!from) return
    this.#finished.push(...from.finished)
    this.#count = from.finished.length
    this.#bytes = from.bytes
    if (from.rest.length === 0) return
    this.#part = Buffer.allocUnsafeSlow(options.partBytes)
    this.#part.set(from.rest)
    this.#filled = from.rest.length
  }

  get partBytes(): number {
    return this.#options.partBytes
  }

  /** Parts are in flight, or were cut off when one failed. */
  get isSending(): boolean {
    return this.#inFlight.size > 0 || this.#failure !== undefined
  }

  /** Throws how a part failed. */
  refuseFailed(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  async take(buffer: Uint8Array): Promise<void> {
    this.count(buffer)
    for (let rest = buffer; rest.length > 0; ) {
      const { partBytes } = this.#options
      this.#part ??= this.#spare.pop() ?? Buffer.allocUnsafeSlow(partBytes)
      const count = Math.min(rest.length, partBytes - this.#filled)
      this.#part.set(rest.subarray(0, count), this.#filled)
      this.#filled += count
      rest = rest.subarray(count)
      if (this.#filled === partBytes) await this.#send()
    }
  }

  /** Reckons with bytes that are in the object already. */
  count(buffer: Uint8Array): void {
    this.#options.checksum?.update(buffer)
    this.#bytes += buffer.length
  }

  /** Sends what is left and waits for all parts; gives them. */
  async end(): Promise<readonly FinishedPart[]> {
    // An object of no bytes has one part of no bytes.
    if (this.#filled > 0 || this.#count === 0) await this.#send()
    await this.settle()
    return this.#finished
  }

  /** The object, as it is to be of what came until now. */
  async whole(): Promise<WholeObject> {
    return { bytes: this.#bytes, checksum: await this.#options.checksum?.digest() }
  }

  /**
   * What the upload has come to now, when all parts that are in flight now are finished; `keep` is given what is in none of them, and is
   * waited for too. To be called between two calls of `take`, which may be called again before it has come back.
   */
  async progress(keep: (rest: Uint8Array) => Promise<void>): Promise<UploadProgress> {
    const [bytes, count] = [this.#bytes, this.#count]
    this.#lent = this.#part
    const rest = this.#part?.subarray(0, this.#filled) ?? Buffer.alloc(0)
    await Promise.all([keep(rest), this.settle()])
    const finished = this.#finished.filter(({ number }) => number <= count).sort((a, b) => a.number - b.number)
    return { finished, bytes, rest }
  }

  /** Waits for the parts in flight. */
  async settle(): Promise<void> {
    await this.idle()
    this.refuseFailed()
  }

  /** As `settle`, however they end. */
  async idle(): Promise<void> {
    await Promise.all(this.#inFlight)
  }

  /** Sends the part that is filled, as soon as there is room among those in flight. */
  async #send(): Promise<void> {
    const part = this.#part ?? Buffer.alloc(0)
    const body = part.subarray(0, this.#filled)
    this.#part = undefined
    this.#filled = 0
    this.#count += 1
    const { upload, partBytes, partsInFlight, abort } = this.#options
    if (this.#count > partsMax) {
      throw new Error(`it is beyond ${partsMax} parts of ${partBytes} bytes, which S3 makes no object of; give a larger partBytes`)
    }
    const number = this.#count
    while (this.#inFlight.size >= partsInFlight) await Promise.race(this.#inFlight)
    this.refuseFailed()
    const sending = upload.putPart(number, body).then(
      (finished) => void this.#finished.push(finished),
      (error) => {
        this.#failure ??= error
        abort()
      },
    )
    const settled = sending.finally(() => {
      this.#inFlight.delete(settled)
      if (part.length > 0 && part !== this.#lent) this.#spare.push(part)
    })
    this.#inFlight.add(settled)
  }
}
