import { constants } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { digestOf, syncFolder, unwritable } from '../checkpoint/contents.js'
import { bytesAt } from '../checkpoint/file-identity.js'
import type { S3Location } from '../s3/location.js'
import { writeAll } from './output.js'

/** Which upload it is. */
export interface UploadName {
  location: S3Location
  id: string
}

/** Where in the file bytes are kept, and what they are known by. */
export interface KeptBytes {
  place: number
  bytes: number
  digest: string
}

/** Before this is the upload's name, on a line. */
const placesAt = 64 * 1024
const noFollow = constants.O_NOFOLLOW ?? 0

/**
 * The part of an unfinished upload that is on this machine: which upload it is, and the bytes that are in no part of it yet, since S3 takes none
 * of less than 5 MiB but the last. The name is there before the upload has its first part, so that a later run can always take the parts back.
 */
export class UploadFile {
  readonly #path: string
  readonly #handle: FileHandle
  readonly #partBytes: number
  #place: number
  #isOpen = true

  private constructor(path: string, handle: FileHandle, partBytes: number, place: number) {
    this.#path = path
    this.#handle = handle
    this.#partBytes = partBytes
    this.#place = place
  }

  /** Makes the file; what was there is gone. */
  static async begin(path: string, name: UploadName, partBytes: number): Promise<UploadFile> {
    try {
      await rm(path, { force: true })
      // It has records, which are nobody else's business.
      const handle = await open(path, 'wx', 0o600)
      try {
        await handle.writeFile(`${JSON.stringify(name)}\n`)
        await handle.sync()
        await syncFolder(dirname(path))
      } catch (error) {
        await handle.close()
        throw error
      }
      return new UploadFile(path, handle, partBytes, 0)
    } catch (cause) {
      throw unwritable(path, cause)
    }
  }

  /** Opens the file again, and gives the bytes that were kept; undefined where they are not there any more. */
  static async again(path: string, kept: KeptBytes, partBytes: number): Promise<{ file: UploadFile; rest: Buffer } | undefined> {
    try {
      const handle = await open(path, constants.O_RDWR | noFollow).catch(ifThere)
      if (!handle) return undefined
      const rest = await bytesAt(handle, placesAt + kept.place * partBytes, kept.bytes)
      if (digestOf(rest) === kept.digest) return { file: new UploadFile(path, handle, partBytes, kept.place), rest }
      await handle.close()
      return undefined
    } catch (cause) {
      throw unwritable(path, cause)
    }
  }

  /** Which upload an earlier run has left; undefined where there is none. */
  static async left(path: string): Promise<UploadName | undefined> {
    try {
      const handle = await open(path, constants.O_RDONLY | noFollow).catch(ifThere)
      if (!handle) return undefined
      try {
        const [line, rest] = (await bytesAt(handle, 0, placesAt)).toString().split('\n', 2)
        // A line without an end was never written whole, and so nothing was put into its upload.
        return line && rest !== undefined ? JSON.parse(line) : undefined
      } finally {
        await handle.close()
      }
    } catch (cause) {
      throw unwritable(path, cause)
    }
  }

  /** Has `rest` outlast the machine. What was kept before stays until the next call, for it is what the checkpoint speaks of. */
  async keep(rest: Uint8Array): Promise<KeptBytes> {
    this.#place = 1 - this.#place
    const kept = { place: this.#place, bytes: rest.length, digest: digestOf(rest) }
    try {
      await writeAll(this.#handle.fd, [rest], placesAt + kept.place * this.#partBytes)
      await this.#handle.datasync()
      return kept
    } catch (cause) {
      throw unwritable(this.#path, cause)
    }
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    await this.#handle.close()
  }
}

/** Removes the file, there or not. */
export async function removeUploadFile(path: string): Promise<void> {
  await rm(path, { force: true }).catch((cause) => {
    throw unwritable(path, cause)
  })
}

function ifThere(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
