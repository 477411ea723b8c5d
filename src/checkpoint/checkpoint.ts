import { rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { isSluiceError, SluiceError } from '../errors.js'
import { lockFile, type NativeLock, type StreamSnapshot } from '../native.js'
import { version } from '../version.js'
import {
  type Contents,
  digestOf,
  type InputIdentity,
  type OutputState,
  readContents,
  temporaryOf,
  unwritable,
  writeContents,
} from './contents.js'
import { lockOf } from './own-files.js'
import { partsMissing, type Role, roles } from './parts.js'

/** How far a run had come. */
export interface Progress {
  /** Records read. */
  readonly records: number
  /** Bytes of the source read. */
  readonly bytes: number
}

/** What a source tells of its input. */
export interface CheckpointInput {
  name: string
  /** What it is known by, when it was read up to `position`; `signal` says that nobody wants to know any more. */
  identify(position: number, signal: AbortSignal): Promise<InputIdentity & { place?: string }>
}

/** What `validate` tells of itself. */
export interface CheckpointStream {
  schema: string
  options: Readonly<Record<string, unknown>>
  startedAt: Date
}

/**
 * A file that says how far a run has come, so that after a crash the same run goes on from there. One value is for one pipeline, and all
 * three parts of it need it:
 *
 *     const kept = checkpoint('run.checkpoint')
 *     await pipeline(
 *       fileSource('in.csv', { checkpoint: kept }), // or s3Source('s3://bucket/in.csv', …)
 *       validate(schema, { checkpoint: kept }),
 *       split({ valid: 'ok.csv', report: 'report.json' }, { checkpoint: kept }),
 *     )
 *
 * It is written each `checkpointBytes` of input, when the outputs have what came before, and removed when all outputs have their names. What
 * comes out is then, byte for byte, what a run without a crash gives; but for the report's `endedAt`. Where there is one from an earlier
 * run, the pipeline goes on from it; where the run fails or is aborted, it stays, and so do the unfinished outputs. To try again in the
 * same program, wait for `closed` and make another one.
 *
 * The stream that finds it out fails with `checkpoint/torn` for a file that is damaged or no checkpoint, `checkpoint/foreign` for one of
 * another input, schema, option, output or version, `checkpoint/lost` where an unfinished output or upload is gone, `checkpoint/locked` while another
 * run has it, `checkpoint/unwritable`, and `input/changed` when the input changes while it is read.
 */
export function checkpoint(path: string): Checkpoint {
  return new Checkpoint(path)
}

/** What `checkpoint` makes. Its methods are for the sources, transforms and sinks that it is given to. */
export class Checkpoint {
  readonly path: string
  /** Resolves when the run has let go of the file and of its outputs: a pipeline that is aborted says so before that. */
  readonly closed: Promise<void>
  #settleClosed: () => void = () => {}
  readonly #aborter = new AbortController()
  readonly #roles = new Set<Role>()
  readonly #outputs = new Map<string, string>()
  #loading: Promise<void> | undefined
  #lock: NativeLock | undefined
  #from: Contents | undefined
  #last: Contents | undefined
  #stands = false
  #input: CheckpointInput | undefined
  #identity: (InputIdentity & { place?: string }) | undefined
  #stream: CheckpointStream | undefined

  constructor(path: string) {
    if (typeof path !== 'string' || path === '') throw new SluiceError('option/invalid', 'A checkpoint needs the path of its file.')
    this.path = path
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve
    })
  }

  /** Where this run went on from; undefined when it began at the beginning, and before it has begun. */
  get resumedFrom(): Progress | undefined {
    return progressOf(this.#from)
  }

  /** Where a run would go on from now; undefined when there is nothing to go on from. */
  get standsAt(): Progress | undefined {
    return this.#stands ? progressOf(this.#last) : undefined
  }

  /** The outputs have been complete, and were being given their names, when the run ended that this one goes on from. */
  get wasEnding(): boolean {
    return this.#from?.isEnding ?? false
  }

  /** Aborted when nothing more is to be kept: what is waited for, over a network say, is for nothing then. */
  get signal(): AbortSignal {
    return this.#aborter.signal
  }

  /** Keeps nothing more: the run is over. */
  giveUp(): void {
    this.#aborter.abort()
  }

  /** Says who takes part. Throws `option/invalid` for the second of a kind. */
  join(role: Role): void {
    if (this.#roles.has(role)) {
      throw new SluiceError('option/invalid', `The checkpoint ${this.path} was given to two pipelines; make one for each run.`)
    }
    this.#roles.add(role)
  }

  /** To be asked when the pipeline runs. Throws `option/invalid` where a part of it does not have the checkpoint. */
  checkParts(): void {
    const missing = roles.filter((role) => !this.#roles.has(role))
    if (missing.length > 0) throw this.#apart(missing)
  }

  #apart(missing: readonly Role[]): SluiceError {
    // The sink would close it.
    if (missing.includes('sink')) void this.close()
    return partsMissing(this.path, missing)
  }

  /** Takes the lock and reads what is there; whoever needs it first. */
  load(): Promise<void> {
    this.#loading ??= this.#load()
    return this.#loading
  }

  async #load(): Promise<void> {
    this.#lock = lockFile(lockOf(this.path))
    this.#from = await readContents(this.path)
    this.#last = this.#from
    this.#stands = this.#from !== undefined
    if (this.#from && this.#from.version !== version) throw this.#foreign(`version ${this.#from.version} of Sluice, and this is ${version}`)
  }

  /** Takes the input, and gives the byte of it to begin at. `signal` is aborted when it is not to be opened any more. */
  async openInput(input: CheckpointInput, signal: AbortSignal = this.signal): Promise<number> {
    await this.load()
    const from = this.#from
    const identity = await input.identify(from?.snapshot.bytes ?? 0, signal)
    this.#input = input
    this.#identity = identity
    this.#checkPlaces()
    if (!from) return 0
    if (from.input.name !== input.name) throw this.#foreign(`another input, ${from.input.name}`)
    const changed = changedPart(from.input, identity) ?? (from.input.read === identity.read ? undefined : 'content')
    if (changed) throw this.#foreign(`another input: the ${changed} of ${input.name} was another`)
    return from.snapshot.seek
  }

  /** Takes the stream, and gives what it goes on from. Throws `checkpoint/foreign`; `option/invalid` where source or sink have not joined. */
  openStream(stream: CheckpointStream): { snapshot: StreamSnapshot; startedAt: Date } | undefined {
    this.checkParts()
    // One that has it may be the source of another pipeline.
    if (!this.#input) throw this.#apart(['source'])
    this.#stream = stream
    const from = this.#from
    if (!from) return undefined
    if (from.schema !== stream.schema) throw this.#foreign('another schema')
    const names = new Set([...Object.keys(from.options), ...Object.keys(stream.options)])
    const others = [...names].filter((name) => JSON.stringify(from.options[name]) !== JSON.stringify(stream.options[name]))
    if (others.length > 0) throw this.#foreign(`other options (${others.sort().join(', ')})`)
    return { snapshot: from.snapshot, startedAt: new Date(from.startedAt) }
  }

  /** What an output goes on from. `names` are those of all outputs. Throws `checkpoint/foreign` for another set of them. */
  outputState(name: string, names: readonly string[]): OutputState | undefined {
    const from = this.#from
    if (!from) return undefined
    const before = Object.keys(from.outputs).sort().join(', ') || 'none'
    const now = [...names].sort().join(', ') || 'none'
    if (before !== now) throw this.#foreign(`other outputs: they were ${before}, and are ${now}`)
    return from.outputs[name]
  }

  /** An error that says that the checkpoint is of something else. */
  foreignOutput(name: string, target: string): SluiceError {
    return this.#foreign(`other outputs: ${name} went to ${target}`)
  }

  /** A name for what an output is called until it is finished: the same in every run with this checkpoint. */
  temporaryName(name: string): string {
    return digestOf(`${resolve(this.path)}\n${name}`).slice(0, 12)
  }

  /** Takes the place of an output's file, so that it is not the input's. */
  takePlace(path: string, place: string): void {
    this.#outputs.set(path, place)
    this.#checkPlaces()
  }

  /** Writes how far the run has come. The outputs have to have what came before. */
  async commit(snapshot: StreamSnapshot, outputs: Contents['outputs'], isEnding: boolean): Promise<void> {
    const [input, identity, stream] = [this.#input, this.#identity, this.#stream]
    if (!input || !identity || !stream) throw new SluiceError('option/invalid', `The checkpoint ${this.path} was not given to validate.`)
    const now = await input.identify(snapshot.bytes, this.signal).catch((cause) => {
      throw isSluiceError(cause, 'input/not-found') ? changedInput(`${input.name} was removed`, cause) : cause
    })
    const changed = changedPart(identity, now)
    if (changed) throw changedInput(`The ${changed} of ${input.name} changed`)
    await this.#write({
      version,
      input: { name: input.name, fixed: now.fixed, read: now.read },
      schema: stream.schema,
      options: stream.options,
      startedAt: stream.startedAt.toISOString(),
      snapshot,
      outputs,
      isEnding,
    })
  }

  /** Writes that the outputs are being given their names, where that begins from what was written before. */
  async commitEnding(): Promise<void> {
    if (this.#stands && this.#last) await this.#write({ ...this.#last, isEnding: true })
  }

  /** Removes it: all outputs have their names. */
  async remove(): Promise<void> {
    this.#stands = false
    try {
      await Promise.all([rm(this.path, { force: true }), rm(temporaryOf(this.path), { force: true })])
    } catch (cause) {
      throw unwritable(this.path, cause)
    }
  }

  /** Gives the lock back. Where nothing is to be gone on from, nothing is left. */
  async close(): Promise<void> {
    await this.#loading?.catch(() => {})
    await this.#unlock()
    this.#settleClosed()
  }

  async #unlock(): Promise<void> {
    const lock = this.#lock
    this.#lock = undefined
    if (!lock) return
    // Removed before it is given back: then nobody can hold a lock on it that others do not see.
    if (!this.#stands)
      await Promise.all([lockOf(this.path), temporaryOf(this.path)].map((path) => rm(path, { force: true }).catch(() => {})))
    lock.release()
  }

  async #write(contents: Contents): Promise<void> {
    await writeContents(this.path, contents, () => {
      this.#stands = true
      this.#last = contents
    })
  }

  #checkPlaces(): void {
    for (const [path, place] of this.#outputs) {
      if (place !== this.#identity?.place) continue
      throw new SluiceError(
        'option/invalid',
        `The output ${path} is the input, which a run with a checkpoint has to be able to read again; name another file.`,
      )
    }
  }

  #foreign(what: string): SluiceError {
    return new SluiceError(
      'checkpoint/foreign',
      `The checkpoint ${this.path} is of ${what}. Give what it was made with, or remove it to begin anew.`,
    )
  }
}

function progressOf(contents: Contents | undefined): Progress | undefined {
  return contents && { records: contents.snapshot.read, bytes: contents.snapshot.bytes }
}

function changedInput(what: string, cause?: unknown): SluiceError {
  return new SluiceError('input/changed', `${what} while it was read; begin anew with an input that stays as it is.`, { cause })
}

function changedPart(before: InputIdentity, now: InputIdentity): string | undefined {
  const names = Object.keys({ ...before.fixed, ...now.fixed })
  return names.find((name) => before.fixed[name] !== now.fixed[name])
}
