import { constants } from 'node:fs'
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'
import type { Checkpoint } from '../checkpoint/checkpoint.js'
import { type OutputState, syncFolder } from '../checkpoint/contents.js'
import { placeOf } from '../checkpoint/file-identity.js'
import { remoteName } from '../checkpoint/unfit-names.js'
import { SluiceError } from '../errors.js'
import { type DurableOptions, type DurableOutput, refuseCompressed, unfitOutput } from './durable-output.js'
import { followLinks, inheritedDescriptor, systemError } from './open-output.js'
import { writeAll } from './output.js'
import { checkWritable, nameCharactersMax, takeAfter } from './whole-file.js'

/** What a later run needs to go on with a file. */
interface FileState extends OutputState {
  kind: 'file'
  length: number
  inode: string
}

const userBits = 0o666

/**
 * A file that is made whole or not at all, and by several runs if need be: its temporary name is the same in each, and while the checkpoint
 * stands it is not removed.
 */
export class DurableFile implements DurableOutput {
  readonly letsGo = true
  readonly #target: string
  readonly #handle: FileHandle
  readonly #options: DurableOptions
  readonly #inode: string
  /** Undefined once the file has its name. */
  #temporary: string | undefined
  #length: number
  #writing: Promise<void> = Promise.resolve()
  #finishing: Promise<void> | undefined
  #isClosed = false

  private constructor(
    target: string,
    temporary: string | undefined,
    handle: FileHandle,
    { inode, length }: { inode: string; length: number },
    options: DurableOptions,
  ) {
    this.#target = target
    this.#temporary = temporary
    this.#handle = handle
    this.#inode = inode
    this.#length = length
    this.#options = options
  }

  /** Begins the file, or goes on with it. Rejects with the system's error, `option/invalid` for what is no file, `checkpoint/…`. */
  static async begin(path: string, options: DurableOptions): Promise<DurableFile> {
    const { checkpoint, name, state } = options
    if (remoteName.test(path)) throw unfitOutput(path, 'is no file of this machine')
    refuseCompressed(path)
    const { target, stats: existing } = await followLinks(path)
    if (path.endsWith(sep) || existing?.isDirectory()) throw systemError('EISDIR', `${path} is a directory`)
    if (inheritedDescriptor(target) !== undefined || (existing && !existing.isFile())) {
      throw new SluiceError(
        'option/invalid',
        `The output ${path} is no file, and a run with a checkpoint cannot take back what it has written there; name a file.`,
      )
    }
    if (existing) {
      await checkWritable(target)
      checkpoint.takePlace(path, placeOf(await stat(target, { bigint: true })))
    }
    const suffix = checkpoint.temporaryName(name)
    const temporary = join(dirname(target), `.${basename(target).slice(0, nameCharactersMax)}.${suffix}.tmp`)
    if (!state) return DurableFile.#anew(target, temporary, existing, options)
    if (state.target !== target) throw checkpoint.foreignOutput(name, state.target)
    return DurableFile.#again(target, temporary, state as FileState, options)
  }

  static async #anew(
    target: string,
    temporary: string,
    existing: Awaited<ReturnType<typeof followLinks>>['stats'],
    options: DurableOptions,
  ) {
    // What a run left that was ended before its first checkpoint; and nobody's link is followed.
    await rm(temporary, { force: true })
    const handle = await open(temporary, 'ax', existing ? existing.mode & userBits : userBits)
    try {
      if (existing) await takeAfter(handle, existing)
      await syncFolder(dirname(target))
      const { ino } = await handle.stat({ bigint: true })
      return new DurableFile(target, temporary, handle, { inode: String(ino), length: 0 }, options)
    } catch (error) {
      await handle.close()
      await rm(temporary, { force: true })
      throw error
    }
  }

  static async #again(target: string, temporary: string, state: FileState, options: DurableOptions): Promise<DurableFile> {
    const { length } = state
    const isPlaced = await takeBack(target, temporary, state, options.checkpoint)
    const handle = await open(isPlaced ? target : temporary, constants.O_WRONLY | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0)).catch(
      (cause) => {
        throw lost(temporary, target, cause)
      },
    )
    try {
      const stats = await handle.stat({ bigint: true })
      if (!stats.isFile() || stats.size < BigInt(length)) throw lost(temporary, target)
      // What came after the checkpoint comes again.
      if (!isPlaced) await handle.truncate(length)
      return new DurableFile(target, isPlaced ? undefined : temporary, handle, { inode: String(stats.ino), length }, options)
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  write(buffers: readonly Uint8Array[]): Promise<void> {
    const count = buffers.reduce((sum, { length }) => sum + length, 0)
    if (count === 0) return Promise.resolve()
    if (this.#temporary === undefined) return Promise.reject(lost(this.#target, this.#target))
    this.#writing = writeAll(this.#handle.fd, buffers).then(() => {
      this.#length += count
    })
    return this.#writing
  }

  async durable(): Promise<OutputState> {
    const state: FileState = { kind: 'file', target: this.#target, length: this.#length, inode: this.#inode }
    await this.#handle.datasync()
    return state
  }

  async prepare(): Promise<void> {
    const temporary = this.#temporary
    if (temporary !== undefined && !(await statOf(temporary))) throw lost(temporary, this.#target)
  }

  finish(): Promise<void> {
    this.#finishing = this.#place()
    return this.#finishing
  }

  async #place(): Promise<void> {
    await this.#close()
    const temporary = this.#temporary
    if (temporary === undefined) return
    await rename(temporary, this.#target)
    this.#temporary = undefined
    await syncFolder(dirname(this.#target))
  }

  async discard(): Promise<void> {
    await this.#writing.catch(() => {})
    await this.#finishing?.catch(() => {})
    await this.#close()
    const stays = this.#options.isKept && this.#options.checkpoint.standsAt !== undefined
    if (this.#temporary !== undefined && !stays) await rm(this.#temporary, { force: true })
  }

  async #close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#handle.close()
  }
}

/**
 * Where a run ended while it gave the outputs their names, the file may have its own already. True when it is whole there; a part of it that
 * comes again is given its temporary name again.
 */
async function takeBack(target: string, temporary: string, state: FileState, checkpoint: Checkpoint): Promise<boolean> {
  if (!checkpoint.wasEnding || (await statOf(temporary))) return false
  const placed = await statOf(target)
  if (!placed || String(placed.ino) !== state.inode || placed.size < BigInt(state.length)) throw lost(temporary, target)
  if (placed.size === BigInt(state.length)) return true
  await rename(target, temporary)
  return false
}

async function statOf(path: string) {
  return stat(path, { bigint: true }).catch((error) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}

function lost(temporary: string, target: string, cause?: unknown): SluiceError {
  return new SluiceError(
    'checkpoint/lost',
    `The unfinished output ${temporary}, which was to become ${target}, is gone or was cut off; remove the checkpoint to begin anew.`,
    { cause },
  )
}
