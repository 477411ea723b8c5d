import { setTimeout as delay } from 'node:timers/promises'
import type { CompletedPart, CompleteMultipartUploadCommandInput, CreateMultipartUploadCommandInput } from '@aws-sdk/client-s3'
import { type RequestOptions, request } from '../s3/attempt.js'
import { joins } from '../s3/checksum.js'
import type { S3Connection } from '../s3/client.js'
import { partsMax } from '../s3/limits.js'
import type { S3Location } from '../s3/location.js'
import { AttemptsExhausted } from '../s3/retry.js'
import type { S3ObjectOptions, S3SinkChecksum } from './s3-object-options.js'

/** A part that S3 has. What a later process needs to go on with an upload is its id and these. */
export interface FinishedPart {
  /** From 1 on. */
  number: number
  bytes: number
  etag: string
  /** In base64; undefined when none was asked for. */
  checksum: string | undefined
}

/** The whole object, as it is to be. */
export interface WholeObject {
  bytes: number
  /** Of all bytes, in base64; undefined where that of an upload is one of its parts' checksums, or none was asked for. */
  checksum: string | undefined
}

/** Aborting is given up soon: who ends a pipeline does not want to wait for a server that is gone. */
const abortAttemptsMax = 3
const abortStallTimeoutMs = 5000

/** After so long an upload is aborted once more, where parts were on their way. */
const abortAgainMs = 100

/** The requests of one multipart upload. Nothing is at its key before `complete`, and nothing of it is left after `abort`. */
export class S3Upload {
  readonly id: string
  readonly #connection: S3Connection
  readonly #location: S3Location
  readonly #options: S3ObjectOptions
  readonly #checksum: S3SinkChecksum
  readonly #requests: RequestOptions

  constructor(id: string, connection: S3Connection, location: S3Location, options: S3ObjectOptions, requests: RequestOptions) {
    this.id = id
    this.#connection = connection
    this.#location = location
    this.#options = options
    this.#checksum = options.checksum ?? 'CRC32'
    this.#requests = requests
  }

  /** Begins an upload; `requests.signal` ends all but `abort`. */
  static async begin(
    connection: S3Connection,
    location: S3Location,
    options: S3ObjectOptions,
    requests: RequestOptions,
  ): Promise<S3Upload> {
    const { checksum = 'CRC32' } = options
    const { sdk, client } = connection
    const command = new sdk.CreateMultipartUploadCommand({
      Bucket: location.bucket,
      Key: location.key,
      ...headersOf(options),
      ...(checksum !== 'none' && { ChecksumAlgorithm: checksum, ChecksumType: joins(checksum) ? 'FULL_OBJECT' : 'COMPOSITE' }),
    })
    const { UploadId } = await request((abortSignal) => client.send(command, { abortSignal }), requests)
    if (!UploadId) throw new Error('the server gave no id for the upload')
    return new S3Upload(UploadId, connection, location, options, requests)
  }

  async putPart(number: number, body: Buffer): Promise<FinishedPart> {
    const { sdk, client } = this.#connection
    const checksum = this.#checksum
    const command = new sdk.UploadPartCommand({
      ...this.#key(),
      PartNumber: number,
      Body: body,
      ContentLength: body.length,
      ...(checksum !== 'none' && { ChecksumAlgorithm: checksum }),
    })
    const answer = await request((abortSignal) => client.send(command, { abortSignal }), this.#requests)
    if (!answer.ETag) throw new Error(`the server gave no ETag for part ${number}`)
    return { number, bytes: body.length, etag: answer.ETag, checksum: checksum === 'none' ? undefined : answer[`Checksum${checksum}`] }
  }

  /** Makes the object of its parts. */
  async complete(parts: readonly FinishedPart[], whole: WholeObject): Promise<void> {
    const checksum = this.#checksum
    const inOrder = [...parts].sort((a, b) => a.number - b.number)
    const input: CompleteMultipartUploadCommandInput = {
      ...this.#key(),
      MultipartUpload: { Parts: inOrder.map((part) => this.#completed(part)) },
      MpuObjectSize: whole.bytes,
      ...(checksum !== 'none' && { ChecksumType: joins(checksum) ? 'FULL_OBJECT' : 'COMPOSITE' }),
      ...(checksum !== 'none' && whole.checksum !== undefined && { [`Checksum${checksum}`]: whole.checksum }),
      ...(this.#options.ifNoneMatch && { IfNoneMatch: this.#options.ifNoneMatch }),
    }
    const { sdk, client } = this.#connection
    let attempts = 0
    const send = (abortSignal: AbortSignal, number: number) => {
      attempts = number
      return client.send(new sdk.CompleteMultipartUploadCommand(input), { abortSignal })
    }
    try {
      await request(send, this.#requests)
    } catch (error) {
      // The answer to an attempt may have been lost, and not what it did: then there is no upload any more, but the object.
      const isLost = attempts > 1 && !(error instanceof AttemptsExhausted) && isOver(error)
      if (!isLost || !(await this.isThere(whole).catch(() => false))) throw error
    }
  }

  /**
   * Takes back all parts. Rejects when that cannot be made sure of. With parts on their way (`wasSending`) it is done twice, since S3 may finish one after
   * the upload was aborted, and keep it: https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html.
   */
  async abort(wasSending = false): Promise<void> {
    await this.#abort()
    if (!wasSending) return
    await delay(abortAgainMs)
    await this.#abort()
  }

  async #abort(): Promise<void> {
    const { sdk, client } = this.#connection
    const command = new sdk.AbortMultipartUploadCommand(this.#key())
    const requests = { attemptsMax: abortAttemptsMax, stallTimeoutMs: abortStallTimeoutMs, signal: new AbortController().signal }
    await request((abortSignal) => client.send(command, { abortSignal }), requests).catch((error) => {
      if (!isGone(error)) throw error
    })
  }

  /**
   * Whether there is such an upload, of which the first `count` parts are finished. The next one is put, without bytes, for that needs no other
   * permission; it is put again, or does not become part of the object.
   */
  async stands(count: number): Promise<boolean> {
    if (count >= partsMax) return true
    try {
      await this.putPart(count + 1, Buffer.alloc(0))
      return true
    } catch (error) {
      if (isGone(error)) return false
      throw error
    }
  }

  /** Whether the object at the key is sure to be the one of this upload. */
  async isThere(whole: WholeObject): Promise<boolean> {
    const checksum = this.#checksum
    if (checksum === 'none' || whole.checksum === undefined) return false
    const { sdk, client } = this.#connection
    const { bucket: Bucket, key: Key } = this.#location
    const command = new sdk.HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' })
    const head = await request((abortSignal) => client.send(command, { abortSignal }), this.#requests)
    return head.ContentLength === whole.bytes && head[`Checksum${checksum}`] === whole.checksum
  }

  #key(): { Bucket: string; Key: string; UploadId: string } {
    return { Bucket: this.#location.bucket, Key: this.#location.key, UploadId: this.id }
  }

  #completed({ number, etag, checksum }: FinishedPart): CompletedPart {
    return { PartNumber: number, ETag: etag, ...(checksum !== undefined && { [`Checksum${this.#checksum}`]: checksum }) }
  }
}

/** True for the answer that there is no such upload: it was completed, or aborted, or never was. */
export function isGone(error: unknown): boolean {
  return (error as { name?: string }).name === 'NoSuchUpload'
}

// There was an object already (412), or there is no upload (404).
function isOver(error: unknown): boolean {
  return isGone(error) || (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 412
}

function headersOf(options: S3ObjectOptions): Partial<CreateMultipartUploadCommandInput> {
  const { contentType, storageClass, serverSideEncryption, kmsKeyId, tags, metadata } = options
  return {
    ...(contentType !== undefined && { ContentType: contentType }),
    ...(storageClass !== undefined && { StorageClass: storageClass as CreateMultipartUploadCommandInput['StorageClass'] }),
    ...(serverSideEncryption !== undefined && { ServerSideEncryption: serverSideEncryption }),
    ...(kmsKeyId !== undefined && { SSEKMSKeyId: kmsKeyId }),
    ...(tags && { Tagging: new URLSearchParams(tags).toString() }),
    ...(metadata && { Metadata: { ...metadata } }),
  }
}
