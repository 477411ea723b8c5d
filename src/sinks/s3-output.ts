import { setMaxListeners } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { beginChecksum, joins } from '../s3/checksum.js'
import { connect, type S3Connection } from '../s3/client.js'
import type { S3ClientOptions } from '../s3/client-options.js'
import { type S3Location, urlOf } from '../s3/location.js'
import type { Output } from './output.js'
import type { S3ObjectOptions } from './s3-object-options.js'
import { s3OutputError, warnOfUpload } from './s3-output-error.js'
import { S3Parts } from './s3-parts.js'
import { S3Upload } from './s3-upload.js'

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
 * written, long before the last one.
 */
export class S3Output implements Output {
  readonly #options: S3OutputOptions
  readonly #controller = new AbortController()
  #connection: S3Connection | undefined
  #beginning: Promise<S3Parts> | undefined
  #upload: S3Upload | undefined
  #parts: S3Parts | undefined
  #isFinished = false

  constructor(options: S3OutputOptions) {
    this.#options = options
    setMaxListeners(0, this.#controller.signal)
  }

  write(buffers: readonly Uint8Array[]): Promise<void> {
    return this.#guarded(async () => {
      const parts = await this.#begun()
      for (const buffer of buffers) await parts.take(buffer)
    })
  }

  prepare(): Promise<void> {
    return this.#guarded(async () => {
      const parts = await this.#begun()
      await parts.end()
    })
  }

  finish(): Promise<void> {
    return this.#guarded(async () => {
      const parts = await this.#begun()
      const finished = await parts.end()
      await this.#upload?.complete(finished, await parts.whole())
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

  #begun(): Promise<S3Parts> {
    this.#beginning ??= this.#begin()
    return this.#beginning
  }

  async #begin(): Promise<S3Parts> {
    const { location, client, object, partBytes, partsInFlight, attemptsMax, stallTimeoutMs } = this.#options
    const { signal } = this.#controller
    const { checksum: algorithm = 'CRC32' } = object
    const checksum = algorithm !== 'none' && joins(algorithm) ? await beginChecksum(algorithm) : undefined
    this.#connection = await connect(client, stallTimeoutMs)
    const upload = await S3Upload.begin(this.#connection, location, object, { attemptsMax, signal })
    this.#upload = upload
    this.#parts = new S3Parts({ upload, partBytes, partsInFlight, checksum, abort: () => this.#controller.abort() })
    return this.#parts
  }

  async #takeBack(): Promise<void> {
    const begun = this.#beginning?.catch(() => {})
    if (!this.#upload) await Promise.race([begun, delay(beginGraceMs, undefined, { ref: false })])
    const wasSending = this.#parts?.isSending
    this.#controller.abort()
    await begun
    await this.#parts?.idle()
    const upload = this.#upload
    await upload?.abort(wasSending).catch((cause) => warnOfUpload(upload.id, this.#url, cause))
  }

  get #url(): string {
    return urlOf(this.#options.location)
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      this.#parts?.refuseFailed()
      await work()
    } catch (cause) {
      throw s3OutputError(cause, this.#url)
    }
  }
}
