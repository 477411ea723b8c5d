import { addAbortSignal, Transform, type TransformCallback } from 'node:stream'
import { type BrokenEnd, brokenEndKey } from '../broken-end.js'
import { type Stopped, stopKey } from '../continuation.js'
import { isSluiceError, SluiceError } from '../errors.js'
import { asError, type BatchVerdict, release } from '../native.js'
import { type Recycler, releaseKey, SoleConsumer } from '../recycle.js'
import type { Counts, Report } from '../report.js'
import type { AnySchema, RecordOf } from '../schema/rules.js'
import { type Subscriber, subscribeKey } from '../verdict.js'
import { Account } from './account.js'
import { bytesOfText } from './byte-feed.js'
import { Ending, type EndingHost } from './ending.js'
import { type ForeignKeys, takeForeignKeysKey } from './foreign-keys.js'
import { type Opened, type OpenedHost, openedOn } from './opened.js'
import { holdBackAt } from './opening.js'
import type { ValidateOptions } from './options.js'
import { Outlet } from './outlet.js'
import { streamRulesKey } from './rule-state.js'
import { Tally } from './tally.js'
import { openTask, type Task, taskOf } from './task.js'
import { describeUpstream, noUpstream, type Upstream } from './upstream.js'
import { askForValuesKey } from './values.js'
import { WholeRules } from './whole-rules.js'

/** Chunks of bytes that may wait at the entrance: each is as large as the source makes it. */
const byteChunksWaiting = 1

/** What is wrong with an input from some place on: what came before is dealt with. */
const brokenInput = ['input/json', 'input/no-records', 'input/record'] as const

/**
 * A Transform that lets the valid records through, and sets the others aside.
 *
 * **Bytes in** (CSV, NDJSON or one JSON document): chunks of valid records come out, byte for byte as they came in. Each chunk carries a `Verdict`
 * (`verdictOf(chunk)`) with what was refused, which `split` reads and a plain Writable ignores; the last chunk is empty and carries the
 * report. **Objects in**: the valid ones come out, the very objects that came in. What comes first decides which of the two it is.
 *
 * `schema` is a builder schema or a JSON Schema (draft 2020-12). It is compiled at once.
 *
 * Throws `schema/…` and `option/invalid`. The stream fails with `input/…` and `header/…` when the source as a whole cannot be read,
 * `schema/cell` when no CSV record can meet the schema, `limit/max-errors` at `maxErrors`, `limit/abort` at a rule of severity `abort`, `limit/undecided` where `onUndecided` is `abort`,
 * `native/panic` on a fault inside.
 * What is wrong with a record never fails the stream.
 */
export function validate<S extends AnySchema>(schema: S, options: ValidateOptions = {}): Validate<RecordOf<S>> {
  return new Validate(schema, options)
}

/** The stream that `validate` makes. */
export class Validate<T = unknown> extends Transform {
  /** Type of the records, for the compiler alone. */
  declare readonly recordType: T
  readonly #task: Task
  readonly #account: Account
  readonly #subscribers: Subscriber[] = []
  readonly #outlet = new Outlet((chunk) => this.push(chunk))
  readonly #ending: Ending
  readonly #consumer = new SoleConsumer(this)
  /** Bytes that the addon made and nobody has copied into anything. */
  readonly #releasable = new WeakSet<Uint8Array>()
  #wantsRecords = false
  #upstream: Upstream = noUpstream
  #recycler: Partial<Recycler> = {}
  #brokenEnd: (() => Error | undefined) | undefined
  #opened: Opened | undefined
  #isStopping = false
  #isEnding = false
  readonly #wholeRules: WholeRules
  #callback: TransformCallback | undefined

  constructor(schema: AnySchema, asked: ValidateOptions = {}) {
    const task = taskOf(schema, asked)
    super({ objectMode: true, readableHighWaterMark: 1 })
    this.#task = task
    const { options, streamOptions } = task
    this.#wholeRules = new WholeRules(task.plan, options, (own) => new Validate({ type: 'object' }, own))
    options.checkpoint?.join('transform')
    this.#account = new Account(new Tally(streamOptions.samplesPerRule, streamOptions.violationsPerRecordMax))
    this.#ending = new Ending(this.#endingHost())
    // Not by an option of super(): a signal that is aborted already would destroy what is not constructed yet.
    if (options.signal) addAbortSignal(options.signal, this)
    this.once('pipe', (stream) => {
      this.#upstream = describeUpstream(stream)
      this.#recycler = stream as Partial<Recycler>
      this.#brokenEnd = (stream as Partial<BrokenEnd>)[brokenEndKey]?.()
    })
  }

  /** The counts until now. */
  get counts(): Counts {
    return { ...this.#account.counts }
  }

  /** Bytes taken in until now. */
  get bytesRead(): number {
    return this.#account.bytesRead
  }

  /** What happened; undefined until the stream has ended or was stopped. */
  get report(): Report | undefined {
    return this.#account.report
  }

  /** The keywords of its schema that are rules over the whole stream. */
  get [streamRulesKey](): readonly string[] {
    return this.#task.plan.streamRules
  }

  /** Hands over the keys that its foreign keys are looked up in, so that other streams may look them up, too. */
  [takeForeignKeysKey](): ForeignKeys | undefined {
    return this.#wholeRules.takeForeignKeys()
  }

  /** How a sink hears of refused objects, which cannot ride on a chunk. */
  [subscribeKey](subscriber: Subscriber): void {
    if (subscriber.parts && this.#task.options.emit === 'all')
      throw new SluiceError(
        'option/invalid',
        "split() parts valid records from invalid ones, so validate() before it must not have emit: 'all'.",
      )
    this.#subscribers.push(subscriber)
  }

  /** How a sink of ours lets go of bytes that it has written. */
  [releaseKey](bytes: Uint8Array): void {
    if (this.#consumer.isSole && this.#releasable.delete(bytes)) release(bytes)
  }

  /** How `records()` asks for the values of the records that pass. */
  [askForValuesKey](): void {
    if (this.#task.options.emit === 'all')
      throw new SluiceError('option/invalid', "records() gives the valid records, so validate() before it must not have emit: 'all'.")
    if (this.#opened && !this.#wantsRecords)
      throw new SluiceError('sink/no-verdict', 'records() came after the first chunk; pipe validate() into it before anything is read.')
    this.#wantsRecords = true
  }

  /**
   * Stops before the end of the input, for who has no time left: what is being checked is handed on, a sink of ours finishes (`keep`) or discards it,
   * and the stream fails with the error that `failure` makes. After the last byte of the input it does nothing, for the end is near.
   */
  [stopKey](unfinished: 'keep' | 'discard', failure: (stopped: Stopped) => Error): void {
    if (this.#isEnding || this.#opened?.flight.isStopped || this.#isStopping || this.destroyed) return
    this.#isStopping = true
    this.#opened?.flushTimer.stop()
    this.#ending.stopEarly(this.#opened, unfinished, failure)
  }

  override _transform(chunk: unknown, encoding: BufferEncoding, callback: TransformCallback): void {
    this.#callback = callback
    const isBytes = typeof chunk === 'string' || chunk instanceof Uint8Array
    // Before references are waited for: until they are read, large chunks would pile up.
    if (isBytes && !this.#opened) holdBackAt(this, byteChunksWaiting)
    // Its bytes are for who goes on with the rest.
    if (this.#isStopping || this.#waitsForKeys(() => this._transform(chunk, encoding, callback))) return
    this.#guard(() => {
      this.#opened ??= this.#open(isBytes)
      const { feed, flight, chunks } = this.#opened
      if (isBytes !== (chunks !== undefined)) {
        throw new SluiceError('input/mixed', 'Bytes and objects came in one stream; validate takes one or the other.')
      }
      if (flight.isStopped) return
      if (!isBytes) return feed.take(chunk)
      const bytes = typeof chunk === 'string' ? bytesOfText(chunk, encoding, this.#task.streamOptions.encoding) : chunk
      this.#account.bytesRead += bytes.length
      feed.take(bytes)
    })
  }

  override _flush(callback: TransformCallback): void {
    this.#callback = callback
    if (this.#isStopping || this.#waitsForKeys(() => this._flush(callback))) return
    this.#isEnding = true
    this.#guard(() => {
      this.#opened ??= this.#open(true)
      const error = this.#brokenEnd?.()
      if (error) this.#ending.feedWhole(this.#opened, error)
      else this.#ending.feedLast(this.#opened)
    })
  }

  /** Runs `step` once the references were read; false where there is nothing to wait for. */
  #waitsForKeys(step: () => void): boolean {
    return this.#wholeRules.wait(
      () => !this.destroyed && step(),
      (error) => !this.destroyed && this.#fail(error),
    )
  }

  override _read(size: number): void {
    this.#outlet.open()
    super._read(size)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#opened?.flushTimer.stop()
    this.#opened?.flight.native.cancel()
    this.#wholeRules.close()
    // Rules in JavaScript have not seen all that the addon has counted as valid.
    if (this.#task.checks.length === 0) this.#account.report ??= this.#makeReport(false)
    this.#outlet.open()
    // Whoever wrote the chunk that is still being dealt with hears how it ended; where its object is out, Node keeps the callback until that is read.
    super._read(0)
    this.#settle(error)
    callback(error)
  }

  #open(isBytes: boolean): Opened {
    const known = { isBytes, upstream: this.#upstream, wantsRecords: this.#wantsRecords }
    const { native, options, as } = openTask(this.#task, known, this.#account, this.#wholeRules)
    return openedOn(native, options, as, this.#host())
  }

  #host(): OpenedHost {
    return {
      land: (verdict) => this.#land(verdict),
      guard: (step) => this.#guard(step),
      fail: (error) => this.#fail(error),
      isDestroyed: () => this.destroyed,
      taken: (waits) => this.#taken(waits),
      flush: () => this.#flush(),
      tellRefused: (refusal) => void this.emit('refused', refusal),
      outlet: this.#outlet,
      counts: this.#account.counts,
      subscribers: this.#subscribers,
      options: this.#task.options,
      checks: this.#task.checks,
      stopping: this.#task.stopping,
      tally: this.#account.tally,
      recycler: this.#recycler,
      upstream: this.#upstream,
    }
  }

  #endingHost(): EndingHost {
    return {
      outlet: this.#outlet,
      counts: this.#account.counts,
      subscribers: this.#subscribers,
      options: this.#task.options,
      makeReport: (complete) => this.#makeReport(complete),
      keepReport: (report) => {
        this.#account.report = report
      },
      // Rules in JavaScript keep no state that could be gone on from.
      continuation: () => (this.#task.checks.length === 0 ? this.#account.continuationOf(this.#opened?.flight.native) : undefined),
      push: (chunk) => void this.push(chunk),
      readOut: () => {
        this.push(null)
        return new Promise((resolve) => this.once('end', resolve))
      },
      fail: (error) => this.#fail(error),
      settle: () => this.#settle(),
      isDestroyed: () => this.destroyed,
    }
  }

  #taken(waits: boolean): void {
    if (waits && !this.destroyed) this.#opened?.flushTimer.start()
    this.#settle()
  }

  #flush(): void {
    if (this.destroyed || this.writableFinished) return
    this.#guard(() => {
      const { feed, flight } = this.#opened as Opened
      feed.pushWaiting()
      if (!flight.submitWhole()) flight.whenLandedAtLeast(() => this.#flush())
    })
  }

  #makeReport(complete: boolean): Report | undefined {
    return this.#opened && this.#account.reportOf(this.#opened, complete)
  }

  async #land(before: BatchVerdict): Promise<void> {
    await this.#outlet.room()
    if (this.destroyed) return
    for (const bytes of [before.valid, before.invalid, before.violations]) this.#releasable.add(bytes)
    const opened = this.#opened as Opened
    const landed = await opened.landing.land(before)
    if (landed && landed.before.isStopped) await this.#ending.stop(opened, landed)
  }

  #guard(step: () => void): void {
    try {
      step()
    } catch (fault) {
      const error = asError(fault)
      if (brokenInput.some((code) => isSluiceError(error, code))) this.#ending.break(this.#opened, error)
      else this.#fail(error)
    }
  }

  #fail(error: Error): void {
    if (this.#callback) this.#settle(error)
    else this.destroy(error)
  }

  /** Calls the callback of the chunk that is being dealt with, once. */
  #settle(error?: Error | null): void {
    const callback = this.#callback
    this.#callback = undefined
    callback?.(error)
  }
}
