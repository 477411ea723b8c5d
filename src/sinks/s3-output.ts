import { setMaxListeners } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { SluiceError } from '../errors.js'
import { beginChecksum, type Checksum, joins } from '../s3/checksum.js'
import { connect, type S3Connection } from '../s3/client.js'
import type { S3ClientOptions } from '../s3/client-options.js'
import { describeFault } from '../s3/faults.js'
import { partsMax } from '../s3/limits.js'
import { type S3Location, urlOf } from '../s3/location.js'
import type { Output } from './output.js'
import type { S3ObjectOptions } from './s3-object-options.js'
import { type FinishedPart, S3Upload } from './s3-upload.js'

export interface S3OutputOptions {
  location: S3Location
  client: S3ClientOptions
  object: S3ObjectOptions
  partBytes: number
  partsInFlight: number
  attemptsMax: number
  stallTimeoutMs: number
}

/** How long the answer to the beginning of an upload is waited for when it is not wanted any more: only it tells what is to be aborted. */
const beginGraceMs = 1500

/**
 * An object that is made whole or not at all, as a multipart upload, also for a few bytes: so the first request tells whether the key can be
 * written, long before the last one. Bytes are copied into a part's buffer; there are as many of these as parts in flight, and one that is filled.
 */
export class S3Output implements Output {
  readonly #options: S3OutputOptions
  readonly #controller = new AbortController()
  readonly #spare: Buffer[] = []
  readonly #parts: FinishedPart[] = []
  readonly #inFlight = new Set<Promise<void>>()
  #connection: S3Connection | undefined
  #beginning: Promise<S3Upload> | undefined
  #upload: S3Upload | undefined
  #checksum: Checksum | undefined
  // The part that is being filled.
  #part: Buffer | undefined
  #filled = 0
  #bytes = 0
  #count = 0
  // How a part failed, for the next call to tell.
  #failure: unknown
  #isFinished = false

  constructor(options: S3OutputOptions) {
    this.#options = options
    setMaxListeners(0, this.#controller.signal)
  }

  write(buffers: readonly Uint8Array[]): Promise<void> {
    return this.#guarded(async () => {
      await this.#begun()
      for (const buffer of buffers) await this.#take(buffer)
    })
  }

  finish(): Promise<void> {
    return this.#guarded(async () => {
      const upload = await this.#begun()
      // An object of no bytes has one part of no bytes.
      if (this.#filled > 0 || this.#count === 0) await this.#send()
      await Promise.all(this.#inFlight)
      this.#refuseFailed()
      const checksum = await this.#checksum?.digest()
      await upload.complete(this.#parts, { bytes: this.#bytes, checksum })
      this.#isFinished = true
    })
  }

  async discard(): Promise<void> {
    try {
      if (!this.#isFinished) await this.#takeBack()
    } finally {
      this.#connection?.release()
      this.#connection = undefined
    }
  }

  #begun(): Promise<S3Upload> {
    this.#beginning ??= this.#begin()
    return this.#beginning
  }

  async #begin(): Promise<S3Upload> {
    const { location, client, object, attemptsMax, stallTimeoutMs } = this.#options
    const { signal } = this.#controller
    const { checksum = 'CRC32' } = object
    if (checksum !== 'none' && joins(checksum)) this.#checksum = await beginChecksum(checksum)
    this.#connection = await connect(client, stallTimeoutMs)
    this.#upload = await S3Upload.begin(this.#connection, location, object, { attemptsMax, signal })
    return this.#upload
  }

  async #take(buffer: Uint8Array): Promise<void> {
    this.#checksum?.update(buffer)
    this.#bytes += buffer.length
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

  /** Sends the part that is filled, as soon as there is room among those in flight. */
  async #send(): Promise<void> {
    const part = this.#part ?? Buffer.alloc(0)
    const body = part.subarray(0, this.#filled)
    this.#part = undefined
    this.#filled = 0
    this.#count += 1
    if (this.#count > partsMax) {
      const { partBytes } = this.#options
      throw this.#error(`it is beyond ${partsMax} parts of ${partBytes} bytes, which S3 makes no object of; give a larger partBytes`)
    }
    const number = this.#count
    const upload = await this.#begun()
    while (this.#inFlight.size >= this.#options.partsInFlight) await Promise.race(this.#inFlight)
    this.#refuseFailed()
    const sending = upload.putPart(number, body).then(
      (finished) => void this.#parts.push(finished),
      (error) => {
        this.#failure ??= error
        // The others are for nothing now.
        this.#controller.abort()
      },
    )
    const settled = sending.finally(() => {
      this.#inFlight.delete(settled)
      if (part.length > 0) this.#spare.push(part)
    })
    this.#inFlight.add(settled)
  }

  async #takeBack(): Promise<void> {
    const begun = this.#beginning?.catch(() => {})
    if (!this.#upload) await Promise.race([begun, delay(beginGraceMs, undefined, { ref: false })])
    this.#controller.abort()
    await begun
    await Promise.all(this.#inFlight)
    await this.#upload?.abort().catch((cause) => this.#warn(cause))
  }

  // The stream has its own failure to tell, if any; but what costs money until somebody removes it must not go unsaid.
  #warn(cause: unknown): void {
    const { reason } = describeFault(cause, 's3:AbortMultipartUpload')
    process.emitWarning(`The upload ${this.#upload?.id} to ${this.#url} is left unfinished, for it cannot be aborted: ${reason}.`, {
      type: 'SluiceWarning',
      code: 'sink/unwritable',
    })
  }

  #refuseFailed(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  get #url(): string {
    return urlOf(this.#options.location)
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      this.#refuseFailed()
      await work()
    } catch (cause) {
      if (cause instanceof SluiceError) throw cause
      const { kind, reason } = describeFault(cause, 's3:PutObject')
      if (kind === 'precondition')
        throw new SluiceError('sink/exists', `The output ${this.#url} exists already, and is left as it is.`, { cause })
      throw this.#error(reason, cause)
    }
  }

  #error(reason: string, cause?: unknown): SluiceError {
    return new SluiceError('sink/unwritable', `The output ${this.#url} cannot be written: ${reason}.`, { cause })
  }
}
