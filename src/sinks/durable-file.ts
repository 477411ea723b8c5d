import { constants } from 'node:fs'
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'
import type { Checkpoint } from '../checkpoint/checkpoint.js'
import { type OutputState, syncFolder } from '../checkpoint/contents.js'
import { placeOf } from '../checkpoint/file-identity.js'
import { compressedName, remoteName } from '../checkpoint/unfit-names.js'
import { SluiceError } from '../errors.js'
import { followLinks, inheritedDescriptor, systemError } from './open-output.js'
import { type Output, writeAll } from './output.js'
import { checkWritable, nameCharactersMax, takeAfter } from './whole-file.js'

/** An output that a later run can go on with. */
export interface DurableOutput extends Output {
  /** Has what was written until now outlast the machine, and tells what a later run needs to go on from there. */
  durable(): Promise<OutputState>
}

export interface DurableFileOptions {
  checkpoint: Checkpoint
  /** What the output is called in the checkpoint. */
  name: string
  /** What it goes on from. */
  state: OutputState | undefined
  /** False for one that is written anew by every run. */
  isKept: boolean
}

const userBits = 0o666

/**
 * A file that is made whole or not at all, and by several runs if need be: its temporary name is the same in each, and while the checkpoint
 * stands it is not removed.
 */
export class DurableFile implements DurableOutput {
  readonly #target: string
  readonly #handle: FileHandle
  readonly #options: DurableFileOptions
  readonly #inode: string
  /** Undefined once the file has its name. */
  #temporary: string | undefined
  #length: number
  #writing: Promise<void> = Promise.resolve()
  #isClosed = false

  private constructor(
    target: string,
    temporary: string | undefined,
    handle: FileHandle,
    { inode, length }: { inode: string; length: number },
    options: DurableFileOptions,
  ) {
    this.#target = target
    this.#temporary = temporary
    this.#handle = handle
    this.#inode = inode
    this.#length = length
    this.#options = options
  }

  /** Begins the file, or goes on with it. Rejects with the system's error, `option/invalid` for what is no file, `checkpoint/…`. */
  static async begin(path: string, options: DurableFileOptions): Promise<DurableFile> {
    const { checkpoint, name, state } = options
    refuseUnfit(path)
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
    if (state.target !== target) throw checkpoint.foreignOutput(name, String(state.target))
    return DurableFile.#again(target, temporary, state, options)
  }

  static async #anew(
    target: string,
    temporary: string,
    existing: Awaited<ReturnType<typeof followLinks>>['stats'],
    options: DurableFileOptions,
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

  static async #again(target: string, temporary: string, state: OutputState, options: DurableFileOptions): Promise<DurableFile> {
    const length = Number(state.length)
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
    const state = { kind: 'file', target: this.#target, length: this.#length, inode: this.#inode }
    await this.#handle.datasync()
    return state
  }

  async finish(): Promise<void> {
    await this.#close()
    const temporary = this.#temporary
    if (temporary === undefined) return
    await rename(temporary, this.#target)
    this.#temporary = undefined
    await syncFolder(dirname(this.#target))
  }

  async discard(): Promise<void> {
    await this.#writing.catch(() => {})
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

function refuseUnfit(path: string): void {
  const why = remoteName.test(path) ? 'is no file of this machine' : compressedName.test(path) ? 'is to be compressed' : undefined
  if (!why) return
  throw new SluiceError(
    'option/invalid',
    `The output ${path} ${why}, and with a checkpoint it cannot be; write a plain file, and go on with that.`,
  )
}

/**
 * Where a run ended while it gave the outputs their names, the file may have its own already. True when it is whole there; a part of it that
 * comes again is given its temporary name again.
 */
async function takeBack(target: string, temporary: string, state: OutputState, checkpoint: Checkpoint): Promise<boolean> {
  if (!checkpoint.wasEnding || (await statOf(temporary))) return false
  const placed = await statOf(target)
  if (!placed || String(placed.ino) !== state.inode || placed.size < BigInt(state.length as number)) throw lost(temporary, target)
  if (placed.size === BigInt(state.length as number)) return true
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
