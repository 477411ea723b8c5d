import { devNull } from 'node:os'
import { resolve } from 'node:path'
import type { Writable } from 'node:stream'
import type { Checkpoint } from '../checkpoint/checkpoint.js'
import type { OutputState } from '../checkpoint/contents.js'
import { refuseOwnFiles } from '../checkpoint/own-files.js'
import type { StreamSnapshot } from '../native.js'
import { isS3Url } from '../s3/location.js'
import { DurableFile } from './durable-file.js'
import { DurableObject } from './durable-object.js'
import type { DurableOutput } from './durable-output.js'
import { fileSink } from './file-sink.js'
import { takeBackUploads } from './left-uploads.js'
import { OutputSink } from './output-sink.js'

/** A sink that a later run can go on with. */
export class DurableSink extends OutputSink {
  #opened: DurableOutput | undefined

  constructor(path: string, open: () => Promise<DurableOutput>) {
    super(path, async () => {
      this.#opened = await open()
      return this.#opened
    })
  }

  /** Has what was written until now outlast the machine, and tells what a later run needs to go on from there. */
  async durable(): Promise<OutputState> {
    if (!this.#opened) throw new Error(`${this.path} is not open`)
    return this.#opened.durable()
  }
}

/** The outputs of a run with a checkpoint: it is written when all of them have what came before. */
export class DurableOutputs {
  readonly #checkpoint: Checkpoint
  readonly #sinks = new Map<string, DurableSink>()
  #names: readonly string[] = []
  #uploading: readonly string[] = []
  #takingBack: Promise<void> | undefined
  #saving: Promise<void> | undefined
  #ending: Promise<void> | undefined

  constructor(checkpoint: Checkpoint) {
    this.#checkpoint = checkpoint
    checkpoint.join('sink')
  }

  /** Makes the sinks of `targets`. What is written only when all else is complete, the report, is written anew by every run. */
  open(targets: ReadonlyMap<string, string>): Map<string, Writable> {
    const sinks = new Map<string, Writable>()
    // What is dropped need not be kept.
    const files = [...targets].filter(([, path]) => resolve(path) !== resolve(devNull))
    refuseOwnFiles(this.#checkpoint.path, files)
    this.#uploading = files.filter(([, path]) => isS3Url(path)).map(([name]) => name)
    this.#names = files.map(([name]) => name).filter((name) => name !== 'report')
    for (const [name, path] of targets) {
      if (!files.some(([file]) => file === name)) sinks.set(name, fileSink(path))
    }
    for (const [name, path] of files) {
      const isKept = name !== 'report'
      const sink = new DurableSink(path, () => this.#begin(path, name, isKept))
      sinks.set(name, sink)
      if (isKept) this.#sinks.set(name, sink)
    }
    return sinks
  }

  async #begin(path: string, name: string, isKept: boolean): Promise<DurableOutput> {
    await this.#checkpoint.load()
    if (!this.#checkpoint.resumedFrom) await this.#takeBackUploads()
    const state = isKept ? this.#checkpoint.outputState(name, this.#names) : undefined
    const options = { checkpoint: this.#checkpoint, name, state, isKept }
    return isS3Url(path) ? DurableObject.begin(path, options) : DurableFile.begin(path, options)
  }

  #takeBackUploads(): Promise<void> {
    const { path, signal } = this.#checkpoint
    this.#takingBack ??= takeBackUploads(path, this.#uploading, signal)
    return this.#takingBack
  }

  /** Begins to keep what the stream has come to, unless an earlier one is still being kept: the disk is not to hold up the stream. */
  begin(snapshot: StreamSnapshot, fail: (error: Error) => void): void {
    // A write that was under way when the stream was destroyed comes back after it: nothing is to be kept of that any more.
    if (this.#saving || this.#checkpoint.signal.aborted) return
    this.#saving = this.#save(snapshot, false)
      .catch(fail)
      .finally(() => {
        this.#saving = undefined
      })
  }

  /** All is written. From here on the outputs may get their names: a run that ends in the midst of that can be gone on with. */
  end(snapshot: StreamSnapshot | undefined): Promise<void> {
    this.#ending = this.#saveEnding(snapshot)
    return this.#ending
  }

  /** Every output has its name. */
  async remove(): Promise<void> {
    await this.#checkpoint.remove()
  }

  /** Waits for what is being kept, so that after it nothing changes any more; where that could take long, it is given up. */
  async settle(): Promise<void> {
    this.#checkpoint.giveUp()
    await this.#saving
    await this.#ending?.catch(() => {})
  }

  async close(): Promise<void> {
    await this.#checkpoint.close()
  }

  async #saveEnding(snapshot: StreamSnapshot | undefined): Promise<void> {
    await this.#saving
    await (snapshot ? this.#save(snapshot, true) : this.#checkpoint.commitEnding())
  }

  async #save(snapshot: StreamSnapshot, isEnding: boolean): Promise<void> {
    const states = await Promise.all([...this.#sinks].map(async ([name, sink]) => [name, await sink.durable()] as const))
    await this.#checkpoint.commit(snapshot, Object.fromEntries(states), isEnding)
  }
}
