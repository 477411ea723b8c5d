import { setMaxListeners } from 'node:events'
import type { OutputState } from '../checkpoint/contents.js'
import { uploadOf } from '../checkpoint/own-files.js'
import { SluiceError } from '../errors.js'
import { Crc32 } from '../s3/checksum.js'
import { connect, type S3Connection } from '../s3/client.js'
import { limitOf } from '../s3/limits.js'
import { locationOf, urlOf } from '../s3/location.js'
import { type DurableOptions, type DurableOutput, refuseCompressed } from './durable-output.js'
import { abortLeft } from './left-uploads.js'
import { s3OutputError, warnOfUpload } from './s3-output-error.js'
import { S3Parts } from './s3-parts.js'
import { type FinishedPart, isGone, S3Upload } from './s3-upload.js'
import { type KeptBytes, removeUploadFile, UploadFile } from './upload-file.js'

/** What a later run needs to go on with an object. */
interface ObjectState extends OutputState {
  kind: 's3'
  upload: string
  /** Parts end where they would have ended in one run. */
  partBytes: number
  parts: readonly FinishedPart[]
  /** Bytes in parts and in `rest`. */
  bytes: number
  /** CRC32 of these. */
  checksum: number
  /** What is in no part yet. */
  rest: KeptBytes
  /** The object was made, and the upload is no more. */
  isComplete: boolean
}

interface Begun {
  upload: S3Upload
  parts: S3Parts
  checksum: Crc32
  file: UploadFile | undefined
  isComplete: boolean
}

const partsInFlight = limitOf('partsInFlight', undefined)
const attemptsMax = limitOf('attemptsMax', undefined)
const stallTimeoutMs = limitOf('stallTimeoutMs', undefined)

/**
 * An object of S3 that is made whole or not at all, and by several runs if need be: they go on with one upload, which is not aborted while
 * the checkpoint stands. A part that was put after the last checkpoint is put again, with the same bytes.
 */
export class DurableObject implements DurableOutput {
  readonly #url: string
  readonly #options: DurableOptions
  readonly #connection: S3Connection
  readonly #controller = new AbortController()
  #begun: Begun | undefined
  #finishing: Promise<void> | undefined
  #isFinished = false

  private constructor(url: string, options: DurableOptions, connection: S3Connection) {
    this.#url = url
    this.#options = options
    this.#connection = connection
    setMaxListeners(0, this.#controller.signal)
    const { signal } = options.checkpoint
    if (signal.aborted) this.#controller.abort()
    else signal.addEventListener('abort', () => this.#controller.abort(), { once: true })
  }

  /** Begins an upload, or goes on with one. Rejects with `sink/unwritable`, `option/invalid`, `checkpoint/…`. */
  static async begin(place: string, options: DurableOptions): Promise<DurableObject> {
    const { checkpoint, name, state } = options
    const url = urlOf(locationOf(place))
    refuseCompressed(url)
    checkpoint.takePlace(url, url)
    if (state && state.target !== url) throw checkpoint.foreignOutput(name, state.target)
    const object = new DurableObject(url, options, await connect({}, stallTimeoutMs))
    try {
      object.#begun = state ? await object.#again(state as ObjectState) : await object.#anew()
      return object
    } catch (cause) {
      object.#connection.release()
      throw s3OutputError(cause, url)
    }
  }

  async #anew(): Promise<Begun> {
    // What a run left that was ended before its first checkpoint, or whose checkpoint was removed to begin anew.
    const left = await UploadFile.left(this.#path)
    if (left) await abortLeft(left, this.#connection, this.#controller.signal)
    const location = locationOf(this.#url)
    const upload = await S3Upload.begin(this.#connection, location, {}, this.#requests)
    const partBytes = limitOf('partBytes', undefined)
    const file = await UploadFile.begin(this.#path, { location, id: upload.id }, partBytes).catch(async (error) => {
      await upload.abort().catch((cause) => warnOfUpload(upload.id, this.#url, cause))
      throw error
    })
    const checksum = new Crc32()
    return { upload, file, checksum, parts: this.#partsOf(upload, partBytes, checksum), isComplete: false }
  }

  async #again(state: ObjectState): Promise<Begun> {
    const { parts: finished, bytes, partBytes } = state
    const upload = new S3Upload(state.upload, this.#connection, locationOf(this.#url), {}, this.#requests)
    const isComplete = state.isComplete || !(await upload.stands(finished.length))
    if (isComplete && !state.isComplete && !this.#options.checkpoint.wasEnding) throw this.#lost()
    const again = isComplete ? undefined : await UploadFile.again(this.#path, state.rest, partBytes)
    if (!isComplete && !again) {
      throw new SluiceError(
        'checkpoint/lost',
        `${this.#path}, which has what is not uploaded yet of ${this.#url}, is gone or was changed; remove the checkpoint to begin anew.`,
      )
    }
    const checksum = new Crc32(state.checksum)
    const parts = this.#partsOf(upload, partBytes, checksum, { finished, bytes, rest: again?.rest ?? Buffer.alloc(0) })
    return { upload, file: again?.file, checksum, parts, isComplete }
  }

  #partsOf(upload: S3Upload, partBytes: number, checksum: Crc32, from?: ConstructorParameters<typeof S3Parts>[1]): S3Parts {
    return new S3Parts({ upload, partBytes, partsInFlight, checksum, abort: () => this.#controller.abort() }, from)
  }

  write(buffers: readonly Uint8Array[]): Promise<void> {
    return this.#guarded(async ({ parts, isComplete }) => {
      for (const buffer of buffers) {
        if (isComplete) parts.count(buffer)
        else await parts.take(buffer)
      }
    })
  }

  durable(): Promise<ObjectState> {
    return this.#guarded(async ({ parts, upload, checksum, file, isComplete }) => {
      const { value } = checksum
      const { partBytes } = parts
      let kept: KeptBytes = { place: 0, bytes: 0, digest: '' }
      const { finished, bytes } = await parts.progress(async (rest) => {
        if (file) kept = await file.keep(rest)
      })
      return {
        ...{ kind: 's3', target: this.#url, upload: upload.id, partBytes },
        ...{ parts: finished, bytes, checksum: value, rest: kept, isComplete },
      }
    })
  }

  finish(): Promise<void> {
    this.#finishing = this.#place()
    return this.#finishing
  }

  #place(): Promise<void> {
    return this.#guarded(async (begun) => {
      if (!begun.isComplete) await this.#complete(begun)
      // A run before made the object; whether it is the one that it should be, only its bytes tell.
      if (begun.isComplete && !(await this.#isThere(begun))) throw this.#lost()
      this.#isFinished = true
      await begun.file?.close()
      await removeUploadFile(this.#path)
    })
  }

  async #complete(begun: Begun): Promise<void> {
    const { parts, upload } = begun
    try {
      await upload.complete(await parts.end(), await parts.whole())
    } catch (error) {
      // The server may still have been at it when the run before was killed.
      if (!isGone(error) || !this.#options.state || !this.#options.checkpoint.wasEnding) throw error
      begun.isComplete = true
    }
  }

  async #isThere({ upload, parts }: Begun): Promise<boolean> {
    try {
      return await upload.isThere(await parts.whole())
    } catch (cause) {
      if ((cause as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 404) return false
      throw s3OutputError(cause, this.#url, 's3:GetObject (to see whether the run before has made it)')
    }
  }

  async discard(): Promise<void> {
    const { upload, parts, file } = this.#begun as Begun
    const wasSending = parts.isSending
    try {
      this.#controller.abort()
      await parts.idle()
      await this.#finishing?.catch(() => {})
      await file?.close()
      const { isKept, checkpoint } = this.#options
      const stays = isKept && checkpoint.standsAt !== undefined
      if (this.#isFinished || stays) return
      // Where it cannot be aborted, the file stays for a later run to do it.
      await upload.abort(wasSending).then(
        () => removeUploadFile(this.#path),
        (cause) => warnOfUpload(upload.id, this.#url, cause),
      )
    } finally {
      this.#connection.release()
    }
  }

  async #guarded<T>(work: (begun: Begun) => Promise<T>): Promise<T> {
    const begun = this.#begun as Begun
    try {
      begun.parts.refuseFailed()
      return await work(begun)
    } catch (cause) {
      if (isGone(cause) || (cause as Error).name === 'InvalidPart') throw this.#lost(cause)
      throw s3OutputError(cause, this.#url)
    }
  }

  #lost(cause?: unknown): SluiceError {
    return new SluiceError(
      'checkpoint/lost',
      `The unfinished upload to ${this.#url} is gone: it was aborted, perhaps by a rule of its bucket; remove the checkpoint to begin anew.`,
      { cause },
    )
  }

  get #requests(): { attemptsMax: number; signal: AbortSignal } {
    return { attemptsMax, signal: this.#controller.signal }
  }

  /** The same in every run with this checkpoint. */
  get #path(): string {
    const { checkpoint, name } = this.#options
    return uploadOf(checkpoint.path, name)
  }
}
