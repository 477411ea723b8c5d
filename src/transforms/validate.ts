import { createHash } from 'node:crypto'
import { addAbortSignal, Transform, type TransformCallback } from 'node:stream'
import { type Continuation, continuationKey, type Stopped, stopKey } from '../continuation.js'
import { isSluiceError, SluiceError } from '../errors.js'
import {
  asError,
  type BatchVerdict,
  compilePlan,
  type NativePlan,
  type NativeStream,
  openStream,
  type PlanOptions,
  type StreamOptions,
  type StreamSnapshot,
  submit,
  take,
} from '../native.js'
import { type Recycler, recycleKey } from '../recycle.js'
import type { Counts, Report } from '../report.js'
import { jsonSchemaOf, type RecordOf, type SchemaInput, schemaOptionsOf } from '../schema/schema.js'
import { planOptions, schemaOptionsIn } from '../schema/schema-options.js'
import { type Refusal, type Subscriber, subscribeKey, type Verdict, withVerdict } from '../verdict.js'
import { decisiveOptions, streamOptions, texts, type ValidateOptions } from './options.js'
import { RecordQueue } from './record-queue.js'
import { withTableDialect } from './table-dialect.js'
import { describeUpstream, type Upstream } from './upstream.js'

/** Chunks of bytes that may wait at the entrance: each is as large as the source makes it. */
const byteChunksWaiting = 1
/** Batches on their way at once, beyond one for each thread: one is being filled, one handed on. */
const slotsBeyondThreads = 1
/** For tests of what becomes of a panic: the number of the batch that has one. */
export const panicAtBatchKey = Symbol.for('sluice.test.panicAtBatch')

const nothing = Buffer.alloc(0)

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
 * `schema/cell` when no CSV record can meet the schema, `limit/max-errors` at `maxErrors`, `limit/undecided` where `onUndecided` is `abort`,
 * `native/panic` on a fault inside.
 * What is wrong with a record never fails the stream.
 */
export function validate<S extends SchemaInput>(schema: S, options: ValidateOptions = {}): Validate<RecordOf<S>> {
  return new Validate(schema, options)
}

/** A stream that was stopped, at `maxErrors` or by `onUndecided`: the error, with what was found until then. */
export class LimitError extends SluiceError {
  readonly report: Report

  constructor(code: 'limit/max-errors' | 'limit/undecided', message: string, report: Report) {
    super(code, message)
    this.report = report
  }
}

/** The stream that `validate` makes. */
export class Validate<T = unknown> extends Transform {
  /** Type of the records, for the compiler alone. */
  declare readonly recordType: T
  readonly #plan: NativePlan
  readonly #planOptions: PlanOptions
  readonly #options: ValidateOptions
  readonly #streamOptions: StreamOptions
  readonly #slots: number
  #startedAt = new Date()
  readonly #counts: Counts = { read: 0, valid: 0, invalid: 0, violations: 0 }
  readonly #verdicts: Promise<BatchVerdict>[] = []
  readonly #subscribers: Subscriber[] = []
  #upstream: Upstream = { cells: false }
  #recycler: Partial<Recycler> = {}
  #native: NativeStream | undefined
  #records: RecordQueue | undefined
  #report: Report | undefined
  #bytesRead = 0
  #inFlight = 0
  #submitted = 0
  #isHandingOn = false
  #isStopped = false
  #isStopping = false
  #isEnding = false
  #decisiveDigest = ''
  #headerSent = false
  #hasRoom = true
  #callback: TransformCallback | undefined
  #goOn: (() => void) | undefined
  #whenRoom: (() => void) | undefined
  #flushTimer: NodeJS.Timeout | undefined

  constructor(schema: SchemaInput, given: ValidateOptions = {}) {
    const options = withTableDialect(given)
    const native = streamOptions(options)
    super({ objectMode: true, readableHighWaterMark: 1 })
    this.#options = options
    this.#streamOptions = native
    this.#slots = native.threads + slotsBeyondThreads
    this.#planOptions = planOptions({ ...schemaOptionsOf(schema), ...schemaOptionsIn(options) }, texts('mask', options.mask))
    this.#plan = compilePlan(jsonSchemaOf(schema), this.#planOptions)
    options.checkpoint?.join('transform')
    // Not by an option of super(): a signal that is aborted already would destroy what is not constructed yet.
    if (options.signal) addAbortSignal(options.signal, this)
    this.once('pipe', (stream) => {
      this.#upstream = describeUpstream(stream)
      this.#recycler = stream as Partial<Recycler>
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

  /** How a sink hears of refused objects, which cannot ride on a chunk. */
  [subscribeKey](subscriber: Subscriber): void {
    this.#subscribers.push(subscriber)
  }

  /**
   * Stops before the end of the input, for who has no time left: what is being checked is handed on, a sink of ours finishes (`keep`) or discards it,
   * and the stream fails with the error that `failure` makes. After the last byte of the input it does nothing, for the end is near.
   */
  [stopKey](unfinished: 'keep' | 'discard', failure: (stopped: Stopped) => Error): void {
    if (this.#isEnding || this.#isStopped || this.#isStopping || this.destroyed) return
    this.#isStopping = true
    clearTimeout(this.#flushTimer)
    this.#stopEarly(unfinished, failure)
  }

  override _transform(chunk: unknown, encoding: BufferEncoding, callback: TransformCallback): void {
    this.#callback = callback
    // Its bytes are for who goes on with the rest.
    if (this.#isStopping) return
    this.#guard(() => {
      const isBytes = typeof chunk === 'string' || chunk instanceof Uint8Array
      this.#native ??= this.#open(isBytes)
      if (isBytes === (this.#records !== undefined)) {
        throw new SluiceError('input/mixed', 'Bytes and objects came in one stream; validate takes one or the other.')
      }
      if (this.#isStopped) return
      if (!isBytes) return this.#feedRecord(chunk)
      const bytes = typeof chunk === 'string' ? this.#bytesOf(chunk, encoding) : chunk
      this.#bytesRead += bytes.length
      this.#feed(bytes, 0)
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
    if (this.#isStopping) return
    this.#isEnding = true
    this.#guard(() => {
      this.#native ??= this.#open(true)
      this.#feedLast()
    })
  }

  override _read(size: number): void {
    this.#hasRoom = true
    this.#whenRoom?.()
    super._read(size)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.#flushTimer)
    this.#native?.cancel()
    this.#report ??= this.#makeReport(false)
    this.#whenRoom?.()
    // Whoever wrote the chunk that is still being dealt with hears how it ended.
    this.#settle(error)
    callback(error)
  }

  #open(isBytes: boolean): NativeStream {
    const { source, format, delimiter, cells } = this.#upstream
    const options = { ...this.#streamOptions }
    if (source !== undefined) options.source ??= source
    if (isBytes) {
      holdBackAt(this, byteChunksWaiting)
      if (options.format === 'auto' && format) options.format = format
      if (this.#options.delimiter === undefined && delimiter) options.delimiter = delimiter.charCodeAt(0)
    } else {
      if (options.recordPath !== undefined)
        throw new SluiceError('option/invalid', 'recordPath is for the bytes of a JSON document, and objects came; leave it out.')
      options.format = (this.#options.cells ?? cells) ? 'cells' : 'records'
      options.allowEmpty = true
      options.encoding = 'utf-8'
      this.#records = new RecordQueue()
    }
    const panicAtBatch = (this.#options as { [panicAtBatchKey]?: number })[panicAtBatchKey]
    const resume = this.#stateFrom(options, isBytes)
    return openStream(this.#plan, { ...options, ...(resume && { resume }), ...(panicAtBatch !== undefined && { panicAtBatch }) })
  }

  /** Goes on from where the checkpoint says, if it says so; gives the state for the addon. */
  #stateFrom(options: StreamOptions, isBytes: boolean): string | undefined {
    const { checkpoint } = this.#options
    const decisive = decisiveOptions(options, this.#planOptions)
    this.#decisiveDigest = createHash('sha256').update(JSON.stringify(decisive)).digest('hex')
    const continued = (this.#options as { [continuationKey]?: Continuation })[continuationKey]
    if (continued) return this.#continue(continued)
    if (!checkpoint) return undefined
    if (!isBytes)
      throw new SluiceError('option/invalid', 'A checkpoint is for bytes, and objects came; give validate the bytes themselves.')
    const from = checkpoint.openStream({ schema: this.#plan.digest, options: { ...decisive }, startedAt: this.#startedAt })
    return from && this.#goOnFrom(from)
  }

  #continue({ snapshot, startedAt, options }: Continuation): string {
    if (options === this.#decisiveDigest) return this.#goOnFrom({ snapshot, startedAt: new Date(startedAt) })
    throw new SluiceError(
      'checkpoint/foreign',
      'What is to be gone on with was begun with other options of validate; give the same ones, or begin anew.',
    )
  }

  #goOnFrom(from: { snapshot: StreamSnapshot; startedAt: Date }): string {
    const { read, invalid, violations, seek } = from.snapshot
    Object.assign(this.#counts, { read, valid: read - invalid, invalid, violations })
    this.#bytesRead = seek
    this.#startedAt = from.startedAt
    this.#headerSent = true
    return from.snapshot.state
  }

  #feed(bytes: Uint8Array, start: number): void {
    const native = this.#native as NativeStream
    let at = start
    while (at < bytes.length) {
      at += native.push(bytes, at)
      while (native.isFull) {
        if (this.#inFlight >= this.#slots) {
          this.#goOn = () => this.#feed(bytes, at)
          return
        }
        if (!this.#submit(take.full)) break
      }
    }
    // Every byte of it was copied into a batch.
    this.#recycler[recycleKey]?.(bytes)
    this.#flushSoon()
    this.#settle()
  }

  #feedRecord(chunk: unknown): void {
    const queue = this.#records as RecordQueue
    const record = this.#options.select ? this.#options.select(chunk as never) : chunk
    queue.add(chunk, record)
    if (queue.isFull) this.#feedBatch(take.partial)
    else {
      this.#flushSoon()
      this.#settle()
    }
  }

  #feedBatch(how: number): void {
    const queue = this.#records as RecordQueue
    if (this.#inFlight >= this.#slots) {
      this.#goOn = () => this.#feedBatch(how)
      return
    }
    this.#pushRecords(queue)
    while ((this.#native as NativeStream).isFull && this.#submit(take.full));
    this.#submit(how)
    this.#settle()
  }

  #pushRecords(queue: RecordQueue): void {
    const native = this.#native as NativeStream
    const bytes = queue.takeBytes()
    for (let at = 0; at < bytes.length; ) {
      at += native.push(bytes, at)
      if (native.isFull) this.#submit(take.full)
    }
  }

  #feedLast(): void {
    clearTimeout(this.#flushTimer)
    if (this.#records && !this.#isStopped) this.#pushRecords(this.#records)
    while (!this.#isStopped) {
      if (this.#inFlight >= this.#slots) {
        this.#goOn = () => this.#feedLast()
        return
      }
      if (!this.#submit(take.last)) break
    }
    if (this.#inFlight > 0 || this.#isHandingOn) {
      this.#goOn = () => this.#feedLast()
      return
    }
    // A stream that was stopped has ended already, and its error is on its way.
    if (this.#isStopped) return
    this.#finish()
    this.#settle()
  }

  #finish(): void {
    this.#report = this.#makeReport(true)
    const report = this.#report as Report
    if (this.#records) for (const subscriber of this.#subscribers) subscriber.report(report)
    else this.push(withVerdict(nothing.subarray(), { ...this.#nextVerdict(nothing, nothing), report, ...this.#endSnapshot() }))
  }

  #endSnapshot(): { snapshot?: StreamSnapshot } {
    const snapshot = this.#options.checkpoint && this.#native?.snapshot()
    return snapshot ? { snapshot } : {}
  }

  #makeReport(complete: boolean): Report | undefined {
    const text = this.#native?.report(this.#startedAt.toISOString(), new Date().toISOString(), complete)
    return text ? JSON.parse(text) : undefined
  }

  #submit(how: number): boolean {
    const promise = submit(this.#native as NativeStream, how)
    if (!promise) return false
    this.#inFlight += 1
    this.#submitted += 1
    // Its rejection is heard in order, by #handOn; this keeps Node from calling it unhandled until then.
    promise.catch(() => {})
    this.#verdicts.push(promise)
    if (!this.#isHandingOn) void this.#handOn()
    return true
  }

  /** So that a record which comes alone does not wait for a batch to fill. */
  #flushSoon(): void {
    if (this.#flushTimer) return
    const submitted = this.#submitted
    this.#flushTimer = setTimeout(() => {
      this.#flushTimer = undefined
      if (this.destroyed || this.#isStopped || this.writableFinished) return
      // A batch has filled meanwhile: what waits now came after it, and has its own time.
      if (this.#submitted !== submitted) this.#flushSoon()
      // Who waits for a slot already comes this way again once there is one.
      else if (this.#inFlight >= this.#slots) this.#goOn ??= () => this.#flushSoon()
      else this.#guard(() => this.#flush())
    }, this.#options.flushMs ?? 10)
  }

  #flush(): void {
    if (this.#records) this.#pushRecords(this.#records)
    this.#submit(take.partial)
  }

  async #handOn(): Promise<void> {
    this.#isHandingOn = true
    try {
      for (let next = this.#verdicts.shift(); next && !this.#isStopped; next = this.#verdicts.shift()) {
        const verdict = await next
        if (!this.#hasRoom) await this.#room()
        if (this.destroyed) return
        await this.#emit(verdict)
        this.#inFlight -= 1
        if (!this.#isStopped) this.#resume()
      }
    } catch (fault) {
      this.#fail(asError(fault))
    } finally {
      this.#isHandingOn = false
    }
    if (!this.#isStopped) this.#resume()
  }

  #resume(): void {
    const goOn = this.#goOn
    this.#goOn = undefined
    if (goOn && !this.destroyed) this.#guard(goOn)
  }

  async #emit(verdict: BatchVerdict): Promise<void> {
    const { readCount, invalidCount, violationCount, isStopped } = verdict
    this.#counts.read += readCount
    this.#counts.invalid += invalidCount
    this.#counts.valid += readCount - invalidCount
    this.#counts.violations += violationCount
    if (this.#records) await this.#emitRecords(this.#records, verdict)
    if (isStopped) return this.#stop(verdict)
    if (!this.#records) this.#pushOn(withVerdict(...this.#bytesAndVerdict(verdict)))
  }

  #bytesAndVerdict(verdict: BatchVerdict): [Buffer, Verdict] {
    const isFirst = !this.#headerSent
    const carried = this.#nextVerdict(verdict.invalid, verdict.violations)
    if (verdict.snapshot) carried.snapshot = verdict.snapshot
    carried.counts = {
      read: verdict.readCount,
      valid: verdict.readCount - verdict.invalidCount,
      invalid: verdict.invalidCount,
      violations: verdict.violationCount,
    }
    const header = isFirst ? this.#native?.header : undefined
    const isHeaded = header !== undefined && header !== null && header.length > 0
    return [isHeaded ? Buffer.concat([header, verdict.valid]) : verdict.valid, carried]
  }

  #nextVerdict(invalid: Buffer, violations: Buffer): Verdict {
    const header = this.#headerSent ? undefined : this.#native?.header
    this.#headerSent = true
    const isHeaded = header !== undefined && header !== null && header.length > 0
    return {
      invalid: isHeaded ? Buffer.concat([header, invalid]) : invalid,
      violations,
      counts: { read: 0, valid: 0, invalid: 0, violations: 0 },
    }
  }

  async #emitRecords(queue: RecordQueue, verdict: BatchVerdict): Promise<void> {
    const { valid, refusals } = queue.settle(verdict)
    for (const record of valid) this.#pushOn(record)
    if (refusals.length > 0) await this.#refused(refusals)
  }

  async #refused(refusals: Refusal[]): Promise<void> {
    for (const refusal of refusals) this.emit('refused', refusal)
    await Promise.all(this.#subscribers.map((subscriber) => subscriber.refused(refusals)))
  }

  #stop(verdict: BatchVerdict): Promise<void> {
    const report = this.#makeReport(false) as Report
    const { read, invalid } = report.counts
    // The first record that is undecided is the last one that is read.
    if (this.#options.onUndecided === 'abort' && report.undecided > 0) {
      const message = `Stopped at record ${read}, which could not be decided (see its violation); raise the limit that it names, or choose another onUndecided.`
      return this.#failAfter(report, new LimitError('limit/undecided', message, report), verdict)
    }
    const message = `Stopped after ${read} records, ${invalid} of them invalid: more than maxErrors (${this.#options.maxErrors}) allows.`
    return this.#failAfter(report, new LimitError('limit/max-errors', message, report), verdict)
  }

  /** Fails for a document that is broken: after all that came before the break, which waits for its verdicts. */
  #break(error: Error): void {
    if (this.#inFlight > 0 || this.#isHandingOn) {
      this.#goOn = () => this.#break(error)
      return
    }
    const report = this.#makeReport(false)
    if (report) void this.#failAfter(report, error)
    else this.#fail(error)
  }

  #stopEarly(unfinished: 'keep' | 'discard', failure: (stopped: Stopped) => Error): void {
    if (this.destroyed || this.#isStopped) return
    if (this.#inFlight > 0 || this.#isHandingOn) {
      this.#goOn = () => this.#stopEarly(unfinished, failure)
      return
    }
    const report = this.#makeReport(false)
    const snapshot = this.#native?.snapshot()
    const continuation = snapshot ? { snapshot, startedAt: this.#startedAt.toISOString(), options: this.#decisiveDigest } : undefined
    const error = failure({ report, continuation })
    if (report) void this.#failAfter(report, error, undefined, continuation ? unfinished : 'discard')
    else this.#fail(error)
  }

  /** Fails, once what was found has been read, and by a sink of ours written. */
  async #failAfter(report: Report, error: Error, verdict?: BatchVerdict, unfinished?: Verdict['unfinished']): Promise<void> {
    this.#isStopped = true
    this.#native?.cancel()
    this.#report = report
    const sinks: Promise<void>[] = []
    const hold = (finished: Promise<void>) => sinks.push(finished)
    if (this.#records) for (const subscriber of this.#subscribers) subscriber.report(report, hold)
    else this.#pushOn(withVerdict(...this.#stopped(verdict, { report, hold, ...(unfinished && { unfinished }) })))
    if (this.#subscribers.length > 0) {
      // A sink of ours knows from the report that this end is none; to any other reader it would look like the end of the input.
      this.push(null)
      await new Promise((resolve) => this.once('end', resolve))
      await Promise.allSettled(sinks)
    } else if (!this.#hasRoom) await this.#room()
    this.#fail(error)
  }

  #stopped(verdict: BatchVerdict | undefined, last: Partial<Verdict>): [Buffer, Verdict] {
    const [bytes, carried] = verdict ? this.#bytesAndVerdict(verdict) : [nothing.subarray(), this.#nextVerdict(nothing, nothing)]
    return [bytes, { ...carried, ...last }]
  }

  #pushOn(chunk: unknown): void {
    // The push may itself ask for more, so the answer must not overwrite that.
    this.#hasRoom = false
    if (this.push(chunk)) this.#hasRoom = true
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenRoom = () => {
        this.#whenRoom = undefined
        resolve()
      }
    })
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

/** Node has no public way to say, once the first chunk is seen, that chunks are large. */
function holdBackAt(stream: Transform, chunks: number): void {
  ;(stream as unknown as { _writableState: { highWaterMark: number } })._writableState.highWaterMark = chunks
}
