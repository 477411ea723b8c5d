import { randomBytes } from 'node:crypto'
import { constants, type Stats, unlinkSync } from 'node:fs'
import { access, type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { SluiceError } from '../errors.js'
import { type Output, type RollBack, writeAll } from './output.js'

// Names may have 255 bytes; with at most 60 characters of the final name there is always room for the rest.
export const nameCharactersMax = 60
const permissionBits = 0o777

// Temporary files that are there now. One 'exit' listener for all of them: one each would warn at the eleventh.
const live = new Set<string>()
let listening = false

function removeLive(): void {
  for (const path of live) {
    try {
      unlinkSync(path)
    } catch {
      // The process is ending: there is nobody left to tell, and the next file may still be removed.
    }
  }
}

/** A file that is made whole or not at all: written under a temporary name beside its own, and renamed at the end. */
export class WholeFile implements Output {
  readonly letsGo = true
  readonly #target: string
  readonly #temporary: string
  readonly #handle: FileHandle
  #writing: Promise<void> = Promise.resolve()
  #length = 0
  #finishing: Promise<void> | undefined
  #discarded = false

  private constructor(target: string, temporary: string, handle: FileHandle) {
    this.#target = target
    this.#temporary = temporary
    this.#handle = handle
  }

  /**
   * Begins the file that is to replace `target`, which is `existing` or not there. What exists keeps its permission bits, and its owner
   * where that is allowed; a new file gets `mode`, less the umask. Rejects with the system's error.
   */
  static async begin(target: string, existing: Stats | undefined, mode: number): Promise<WholeFile> {
    if (existing) await checkWritable(target)
    const suffix = `${process.pid}-${randomBytes(6).toString('hex')}`
    const temporary = join(dirname(target), `.${basename(target).slice(0, nameCharactersMax)}.${suffix}.tmp`)
    if (!listening) process.on('exit', removeLive)
    listening = true
    live.add(temporary)
    try {
      const handle = await open(temporary, 'wx', existing ? existing.mode & permissionBits : mode)
      const file = new WholeFile(target, temporary, handle)
      if (existing) await file.#takeAfter(existing)
      return file
    } catch (error) {
      live.delete(temporary)
      throw error
    }
  }

  write(buffers: readonly Uint8Array[]): Promise<void> {
    this.#writing = writeAll(this.#handle.fd, buffers, this.#length)
    this.#length += buffers.reduce((length, buffer) => length + buffer.length, 0)
    return this.#writing
  }

  async mark(): Promise<RollBack> {
    const length = this.#length
    return async () => {
      await this.#handle.truncate(length)
      this.#length = length
    }
  }

  async prepare(): Promise<void> {
    // Some disks tell only now that they have no room.
    await this.#handle.close()
    await stat(this.#temporary).catch((cause) => {
      throw this.#gone(cause)
    })
  }

  finish(): Promise<void> {
    this.#finishing ??= this.#rename()
    return this.#finishing
  }

  async discard(): Promise<void> {
    this.#discarded = true
    const renamed = await this.#finishing?.then(
      () => true,
      () => false,
    )
    if (renamed) return
    try {
      // Removed first and closed after, so that nothing is left should the last write take long.
      await rm(this.#temporary, { force: true })
      live.delete(this.#temporary)
    } finally {
      await this.#writing.catch(() => {})
      await this.#handle.close()
    }
  }

  async #rename(): Promise<void> {
    await this.#handle.close()
    if (this.#discarded) throw new Error('the output was discarded')
    await rename(this.#temporary, this.#target).catch((cause) => {
      throw this.#gone(cause)
    })
    live.delete(this.#temporary)
  }

  #gone(cause: NodeJS.ErrnoException): Error {
    if (cause.code !== 'ENOENT') return cause
    const message = `The output ${this.#target} cannot be written: its temporary file ${this.#temporary} was removed during the run; run again.`
    return new SluiceError('sink/unwritable', message, { cause })
  }

  async #takeAfter(existing: Stats): Promise<void> {
    try {
      await takeAfter(this.#handle, existing)
    } catch (error) {
      await this.discard()
      throw error
    }
  }
}

/** A rename asks only for the folder's permission, but who made a file read-only did not mean it to be replaced. */
export async function checkWritable(target: string): Promise<void> {
  await access(target, constants.W_OK)
}

/** Gives a new file the permission bits of the one that it is to replace, and its owner where that is allowed. */
export async function takeAfter(handle: FileHandle, existing: Stats): Promise<void> {
  const made = await handle.stat()
  if (made.uid !== existing.uid || made.gid !== existing.gid) {
    // Only a privileged user may give a file away; anyone else's new file is their own, as with most editors.
    await handle.chown(existing.uid, existing.gid).catch(() => {})
  }
  // After the owner, whose change clears bits; and because the umask has taken some away.
  await handle.chmod(existing.mode & permissionBits)
}
