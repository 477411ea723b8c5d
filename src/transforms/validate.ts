import { addAbortSignal, Transform, type TransformCallback } from 'node:stream'
import { type BrokenEnd, brokenEndKey } from '../broken-end.js'
import { type Stopped, stopKey } from '../continuation.js'
import { isSluiceError, SluiceError } from '../errors.js'
import {
  asError,
  type BatchVerdict,
  compilePlan,
  type NativePlan,
  type NativeStream,
  openStream,
  type PlanOptions,
  release,
  type StreamOptions,
  take,
} from '../native.js'
import { type Recycler, releaseKey, SoleConsumer } from '../recycle.js'
import { addWarnings, type Counts, noCounts, type Report } from '../report.js'
import type { RecordCheck } from '../schema/checks.js'
import { type AnySchema, type RecordOf, rulesOf } from '../schema/rules.js'
import { planOptions, schemaOptionsIn } from '../schema/schema-options.js'
import { transforms, withSteps } from '../schema/transform.js'
import { type Subscriber, subscribeKey, type Verdict } from '../verdict.js'
import { wholeViolations } from '../whole-stream.js'
import { beginningOf, type Earlier } from './beginning.js'
import type { Landed } from './byte-verdicts.js'
import { type ForeignKeys, foreignKeysKey, foreignKeysOf, gatherIn, takeForeignKeysKey } from './foreign-keys.js'
import { glanceOn } from './glancing.js'
import { limitErrorOf } from './limit-error.js'
import { type Opened, type OpenedHost, openedOn } from './opened.js'
import { byteOptions, holdBackAt, recordOptions } from './opening.js'
import { refuseWithChecks, refuseWithTransform, streamOptions, texts, type ValidateOptions } from './options.js'
import { Outlet } from './outlet.js'
import { asksWhole, RuleState, refuseWithStreamRules, ruleStateIn, streamRulesKey } from './rule-state.js'
import { decideLate, Stopping } from './stopping.js'
import { withTableDialect } from './table-dialect.js'
import { Tally } from './tally.js'
import { describeUpstream, type Upstream } from './upstream.js'
import { askForValuesKey } from './values.js'

/** Chunks of bytes that may wait at the entrance: each is as large as the source makes it. */
const byteChunksWaiting = 1
/** For tests of what becomes of a panic: the number of the batch that has one. */
export const panicAtBatchKey = Symbol.for('sluice.test.panicAtBatch')
/** For tests that hold the two ways of values against each other: true for values as JSON, even where they could go by columns. */
export const valuesAsJsonKey = Symbol.for('sluice.test.valuesAsJson')

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
  readonly #plan: NativePlan
  readonly #planOptions: PlanOptions
  readonly #options: ValidateOptions
  readonly #streamOptions: StreamOptions
  #startedAt = new Date()
  readonly #counts: Counts = { ...noCounts }
  readonly #subscribers: Subscriber[] = []
  readonly #outlet = new Outlet((chunk) => this.push(chunk))
  readonly #checks: readonly RecordCheck[]
  readonly #tally: Tally
  readonly #consumer = new SoleConsumer(this)
  /** Bytes that the addon made and nobody has copied into anything. */
  readonly #releasable = new WeakSet<Uint8Array>()
  readonly #stopping: Stopping | undefined
  #wantsRecords = false
  #upstream: Upstream = { cells: false }
  #recycler: Partial<Recycler> = {}
  #brokenEnd: (() => Error | undefined) | undefined
  #opened: Opened | undefined
  #report: Report | undefined
  #bytesRead = 0
  #isStopping = false
  #isEnding = false
  #decisiveDigest = ''
  /** For rules over the whole stream, where the stream is the whole. */
  #ownRuleState: RuleState | undefined
  /** What foreign keys are looked up in. */
  readonly #foreignKeys: ForeignKeys | undefined
  #ownsForeignKeys: boolean
  /** How many inputs of the same whole came before, where it is part of one. */
  #inputNumber: number | undefined
  #callback: TransformCallback | undefined

  constructor(schema: AnySchema, asked: ValidateOptions = {}) {
    const options = withTableDialect(asked)
    const native = streamOptions(options)
    super({ objectMode: true, readableHighWaterMark: 1 })
    this.#options = options
    this.#streamOptions = native
    const { json: given, checks, options: schemaOptions } = rulesOf(schema)
    const json = withSteps(given, options.transform)
    refuseWithTransform(transforms(json), options)
    refuseWithChecks(checks, options)
    this.#planOptions = planOptions({ ...schemaOptions, ...schemaOptionsIn(options) }, texts('mask', options.mask))
    this.#plan = gatherIn(options)?.plan ?? compilePlan(json, this.#planOptions)
    refuseWithStreamRules(this.#plan.streamRules, options)
    this.#foreignKeys = foreignKeysOf(this.#plan, options, (own) => new Validate({ type: 'object' }, own))
    this.#ownsForeignKeys = this.#foreignKeys !== undefined && !(foreignKeysKey in options)
    options.checkpoint?.join('transform')
    this.#checks = checks
    this.#stopping = Stopping.of(checks, native)
    this.#tally = new Tally(native.samplesPerRule, native.violationsPerRecordMax)
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
    return { ...this.#counts }
  }

  /** Bytes taken in until now. */
  get bytesRead(): number {
    return this.#bytesRead
  }

  /** What happened; undefined until the stream has ended or was stopped. */
  get report(): Report | undefined {
    return this.#report
  }

  /** The keywords of its schema that are rules over the whole stream. */
  get [streamRulesKey](): readonly string[] {
    return this.#plan.streamRules
  }

  /** Hands over the keys that its foreign keys are looked up in, so that other streams may look them up, too. */
  [takeForeignKeysKey](): ForeignKeys | undefined {
    this.#ownsForeignKeys = false
    return this.#foreignKeys
  }

  /** How a sink hears of refused objects, which cannot ride on a chunk. */
  [subscribeKey](subscriber: Subscriber): void {
    if (subscriber.parts && this.#options.emit === 'all')
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
    if (this.#options.emit === 'all')
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
    this.#stopEarly(unfinished, failure)
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
      const bytes = typeof chunk === 'string' ? this.#bytesOf(chunk, encoding) : chunk
      this.#bytesRead += bytes.length
      feed.take(bytes)
    })
  }

  /** A text is decoded already, so what encoding its source had does not matter any more, and to read it in that would be wrong. */
  #bytesOf(text: string, encoding: BufferEncoding): Buffer {
    const asked = this.#streamOptions.encoding ?? 'utf-8'
    if (asked === 'utf-8') return Buffer.from(text, encoding)
    throw new SluiceError('option/invalid', `encoding is ${JSON.stringify(asked)}, but the chunks are texts; read the source as bytes.`)
  }

  override _flush(callback: TransformCallback): void {
    this.#callback = callback
    if (this.#isStopping || this.#waitsForKeys(() => this._flush(callback))) return
    this.#isEnding = true
    this.#guard(() => {
      this.#opened ??= this.#open(true)
      const error = this.#brokenEnd?.()
      if (error) this.#feedWhole(this.#opened, error)
      else this.#feedLast(this.#opened)
    })
  }

  /** Runs `step` once the references were read; false where there is nothing to wait for. */
  #waitsForKeys(step: () => void): boolean {
    const keys = this.#foreignKeys
    if (!keys || keys.isLoaded) return false
    keys.load().then(
      () => !this.destroyed && step(),
      (error) => !this.destroyed && this.#fail(asError(error)),
    )
    return true
  }

  override _read(size: number): void {
    this.#outlet.open()
    super._read(size)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#opened?.flushTimer.stop()
    this.#opened?.flight.native.cancel()
    this.#ownRuleState?.close()
    if (this.#ownsForeignKeys) this.#foreignKeys?.close()
    // Rules in JavaScript have not seen all that the addon has counted as valid.
    if (this.#checks.length === 0) this.#report ??= this.#makeReport(false)
    this.#outlet.open()
    // Whoever wrote the chunk that is still being dealt with hears how it ended.
    this.#settle(error)
    callback(error)
  }

  #open(isBytes: boolean): Opened {
    const given = [this.#streamOptions, this.#options, this.#upstream] as const
    const panicAtBatch = (this.#options as { [panicAtBatchKey]?: number })[panicAtBatchKey]
    const options: StreamOptions = {
      ...(isBytes ? byteOptions(...given) : recordOptions(...given)),
      ...(panicAtBatch !== undefined && { panicAtBatch }),
    }
    if (this.#stopping) decideLate(options)
    options.wantsPlaces = isBytes && (this.#checks.length > 0 || this.#options.emit === 'all')
    // Objects are given to rules as they are, but where their strings are cells.
    options.wantsValues = this.#checks.length > 0 && (isBytes || options.format === 'cells')
    options.wantsResults = isBytes && this.#wantsRecords
    if ((this.#options as { [valuesAsJsonKey]?: boolean })[valuesAsJsonKey]) options.wantsJson = true
    const { digest, from } = beginningOf(
      options,
      { given: this.#options, planOptions: this.#planOptions, plan: this.#plan, startedAt: this.#startedAt },
      isBytes,
    )
    this.#decisiveDigest = digest
    const resume = from && this.#goOnFrom(from)
    const asked = { plan: this.#plan, planOptions: this.#planOptions, options: this.#options }
    const glance = isBytes ? undefined : glanceOn(asked, options)
    const native = openStream(this.#plan, { ...options, glanced: glance !== undefined, ...(resume && { resume }) })
    if (asksWhole(this.#plan.streamRules)) this.#judgeWhole(native)
    this.#foreignKeys?.judge(native)
    gatherIn(this.#options)?.into(native, isBytes)
    return openedOn(native, options, { isBytes, isResumed: resume !== undefined, glance }, this.#host())
  }

  #judgeWhole(native: NativeStream): void {
    const shared = ruleStateIn(this.#options)
    if (shared) this.#inputNumber = shared.judge(native)
    else {
      this.#ownRuleState = new RuleState(this.#plan.streamRules, this.#options)
      this.#ownRuleState.judge(native)
    }
  }

  /** Takes over what an earlier stream has come to; gives its state for the addon. */
  #goOnFrom(from: Earlier): string {
    const { read, invalid, violations, warnings, seek } = from.snapshot
    Object.assign(this.#counts, addWarnings({ read, valid: read - invalid, invalid, violations }, warnings))
    this.#bytesRead = seek
    this.#startedAt = from.startedAt
    return from.snapshot.state
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
      counts: this.#counts,
      subscribers: this.#subscribers,
      options: this.#options,
      checks: this.#checks,
      tally: this.#tally,
      stopping: this.#stopping,
      recycler: this.#recycler,
    }
  }

  #taken(waits: boolean): void {
    if (waits) this.#opened?.flushTimer.start()
    this.#settle()
  }

  #flush(): void {
    if (this.destroyed || this.writableFinished) return
    this.#guard(() => {
      this.#opened?.feed.pushWaiting()
      this.#opened?.flight.submit(take.partial)
    })
  }

  #feedLast(opened: Opened): void {
    const { flight, feed, flushTimer } = opened
    flushTimer.stop()
    if (!flight.isStopped) feed.pushWaiting()
    while (!flight.isStopped) {
      if (flight.isFull) return flight.whenLanded(() => this.#feedLast(opened))
      if (!flight.submit(take.last)) break
    }
    if (!flight.isIdle) return flight.whenLanded(() => this.#feedLast(opened))
    // A stream that was stopped has ended already, and its error is on its way.
    if (flight.isStopped) return
    this.#finish(opened)
    if (!flight.isStopped) this.#settle()
  }

  /** As #feedLast, of an input that broke off: its last record, which is not whole, is none. */
  #feedWhole(opened: Opened, error: Error): void {
    const { flight, flushTimer } = opened
    flushTimer.stop()
    do {
      if (flight.isFull) return flight.whenLanded(() => this.#feedWhole(opened, error))
    } while (!flight.isStopped && flight.submit(take.partial))
    if (!flight.isStopped) this.#break(error)
  }

  #finish({ chunks, flight, lateStop }: Opened): void {
    if (lateStop?.isDueAtEnd) return void this.#stop(undefined)
    const report = this.#makeReport(true) as Report
    this.#report = report
    const snapshot = this.#options.checkpoint && flight.native.snapshot()
    const found = wholeViolations(report)
    this.#counts.violations += found.length
    if (chunks) this.push(chunks.last(report, snapshot ?? undefined, found))
    else for (const subscriber of this.#subscribers) subscriber.report(report)
  }

  #makeReport(complete: boolean): Report | undefined {
    const text = this.#opened?.flight.native.report(this.#startedAt.toISOString(), new Date().toISOString(), complete, this.#inputNumber)
    return text ? this.#tally.settled(JSON.parse(text)) : undefined
  }

  async #land(before: BatchVerdict): Promise<void> {
    await this.#outlet.room()
    if (this.destroyed) return
    for (const bytes of [before.valid, before.invalid, before.violations]) this.#releasable.add(bytes)
    const landed = await (this.#opened as Opened).landing.land(before)
    if (landed && landed.before.isStopped) await this.#stop(landed)
  }

  #stop(landed: Landed | undefined): Promise<void> {
    const report = this.#makeReport(false) as Report
    const inRust = landed?.before.abort
    const abort = inRust === undefined ? landed?.abort : JSON.parse(inRust)
    return this.#failAfter(report, limitErrorOf(report, this.#options, abort), landed)
  }

  /** Fails for an input that is broken: after all that came before the break, which waits for its verdicts. */
  #break(error: Error): void {
    const flight = this.#opened?.flight
    if (flight && !flight.isIdle) return flight.whenLanded(() => this.#break(error))
    const report = this.#makeReport(false)
    if (report) void this.#failAfter(report, error)
    else this.#fail(error)
  }

  #stopEarly(unfinished: 'keep' | 'discard', failure: (stopped: Stopped) => Error): void {
    const flight = this.#opened?.flight
    if (this.destroyed || flight?.isStopped) return
    if (flight && !flight.isIdle) return flight.whenLanded(() => this.#stopEarly(unfinished, failure))
    const report = this.#makeReport(false)
    const snapshot = this.#checks.length === 0 ? flight?.native.snapshot() : undefined
    const continuation = snapshot ? { snapshot, startedAt: this.#startedAt.toISOString(), options: this.#decisiveDigest } : undefined
    const error = failure({ report, continuation })
    if (report) void this.#failAfter(report, error, undefined, continuation ? unfinished : 'discard')
    else this.#fail(error)
  }

  /** Fails, once what was found has been read, and by a sink of ours written. */
  async #failAfter(report: Report, error: Error, landed?: Landed, unfinished?: Verdict['unfinished']): Promise<void> {
    const { flight, chunks } = this.#opened as Opened
    flight.isStopped = true
    flight.native.cancel()
    this.#report = report
    const sinks: Promise<void>[] = []
    const hold = (finished: Promise<void>) => sinks.push(finished)
    if (chunks) this.#outlet.push(chunks.stopped(landed, { report, hold, ...(unfinished && { unfinished }) }))
    else for (const subscriber of this.#subscribers) subscriber.report(report, hold)
    if (this.#subscribers.length > 0) {
      // A sink of ours knows from the report that this end is none; to any other reader it would look like the end of the input.
      this.push(null)
      await new Promise((resolve) => this.once('end', resolve))
      await Promise.allSettled(sinks)
    } else await this.#outlet.room()
    this.#fail(error)
  }

  #guard(step: () => void): void {
    try {
      step()
    } catch (fault) {
      const error = asError(fault)
      if (isSluiceError(error, 'input/json') || isSluiceError(error, 'input/no-records')) this.#break(error)
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
