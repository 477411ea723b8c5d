import type { Continuation, Stopped } from '../continuation.js'
import { take } from '../native.js'
import type { Counts, Report } from '../report.js'
import type { Subscriber, Verdict } from '../verdict.js'
import { wholeViolations } from '../whole-stream.js'
import type { Landed } from './byte-verdicts.js'
import { limitErrorOf } from './limit-error.js'
import type { Opened } from './opened.js'
import type { ValidateOptions } from './options.js'
import type { Outlet } from './outlet.js'

/** What an ending asks of its stream. */
export interface EndingHost {
  readonly outlet: Outlet
  readonly counts: Counts
  readonly subscribers: readonly Subscriber[]
  readonly options: ValidateOptions
  /** What happened until now; undefined before anything was read. */
  makeReport(complete: boolean): Report | undefined
  /** It is the stream's from here on. */
  keepReport(report: Report): void
  /** With what another stream goes on from here; undefined where none can. */
  continuation(): Continuation | undefined
  push(chunk: unknown): void
  /** Ends the readable side, and waits until all of it was read. */
  readOut(): Promise<void>
  fail(error: Error): void
  /** The last chunk was dealt with. */
  settle(): void
  isDestroyed(): boolean
}

/** How a stream ends: with its input, at a limit, where its input breaks off, or early because somebody asks. */
export class Ending {
  readonly #host: EndingHost

  constructor(host: EndingHost) {
    this.#host = host
  }

  /** The input has ended: what is left is checked, and the report follows. */
  feedLast(opened: Opened): void {
    const { flight, feed, flushTimer } = opened
    flushTimer.stop()
    if (!flight.isStopped) feed.pushWaiting()
    while (!flight.isStopped) {
      if (flight.isFull) return flight.whenLanded(() => this.feedLast(opened))
      if (!flight.submit(take.last)) break
    }
    if (!flight.isIdle) return flight.whenLanded(() => this.feedLast(opened))
    // A stream that was stopped has ended already, and its error is on its way.
    if (flight.isStopped) return
    this.#finish(opened)
    if (!flight.isStopped) this.#host.settle()
  }

  /** As `feedLast`, of an input that broke off: its last record, which is not whole, is none. */
  feedWhole(opened: Opened, error: Error): void {
    if (this.#feedRest(opened, () => this.feedWhole(opened, error)) || opened.flight.isStopped) return
    this.break(opened, error)
  }

  #finish(opened: Opened): void {
    const { chunks, flight, lateStop } = opened
    if (lateStop?.isDueAtEnd) return void this.stop(opened, undefined)
    const { counts, options, subscribers } = this.#host
    const report = this.#host.makeReport(true) as Report
    this.#host.keepReport(report)
    const snapshot = options.checkpoint && flight.native.snapshot()
    const found = wholeViolations(report)
    counts.violations += found.length
    if (chunks) this.#host.push(chunks.last(report, snapshot ?? undefined, found))
    else for (const subscriber of subscribers) subscriber.report(report)
  }

  /** Fails at a limit, which was passed in the batch `landed`, or at the end of the input. */
  stop(opened: Opened, landed: Landed | undefined): Promise<void> {
    const report = this.#host.makeReport(false) as Report
    const inRust = landed?.before.abort
    const abort = inRust === undefined ? landed?.abort : JSON.parse(inRust)
    return this.#failAfter(opened, report, limitErrorOf(report, this.#host.options, abort), landed)
  }

  /** Fails for an input that is broken: after all that came before the break, which waits for its verdicts. */
  break(opened: Opened | undefined, error: Error): void {
    if (opened && !opened.chunks && this.#feedRest(opened, () => this.break(opened, error))) return
    const flight = opened?.flight
    if (flight && !flight.isIdle) return flight.whenLanded(() => this.break(opened, error))
    const report = this.#host.makeReport(false)
    if (opened && report) void this.#failAfter(opened, report, error)
    else this.#host.fail(error)
  }

  /** Fails because somebody asks; what is being checked is handed on before. `unfinished`: as in a Verdict. */
  stopEarly(opened: Opened | undefined, unfinished: 'keep' | 'discard', failure: (stopped: Stopped) => Error): void {
    const flight = opened?.flight
    if (this.#host.isDestroyed() || flight?.isStopped) return
    // Bytes that wait are for who goes on with the rest; objects have been taken from whoever made them.
    if (opened && !opened.chunks && this.#feedRest(opened, () => this.stopEarly(opened, unfinished, failure))) return
    if (flight && !flight.isIdle) return flight.whenLanded(() => this.stopEarly(opened, unfinished, failure))
    const report = this.#host.makeReport(false)
    const continuation = this.#host.continuation()
    const error = failure({ report, continuation })
    if (opened && report) void this.#failAfter(opened, report, error, undefined, continuation ? unfinished : 'discard')
    else this.#host.fail(error)
  }

  /** Has the whole records checked that wait for their batch to fill; true where that takes its time, and `then` follows. */
  #feedRest({ feed, flight, flushTimer }: Opened, then: () => void): boolean {
    if (flight.isStopped) return false
    flushTimer.stop()
    feed.pushWaiting()
    if (flight.submitWhole()) return false
    flight.whenLanded(then)
    return true
  }

  /** Fails, once what was found has been read, and by a sink of ours written. */
  async #failAfter(
    { flight, chunks }: Opened,
    report: Report,
    error: Error,
    landed?: Landed,
    unfinished?: Verdict['unfinished'],
  ): Promise<void> {
    const { outlet, subscribers } = this.#host
    flight.isStopped = true
    flight.native.cancel()
    this.#host.keepReport(report)
    const sinks: Promise<void>[] = []
    const hold = (finished: Promise<void>) => sinks.push(finished)
    if (chunks) outlet.push(chunks.stopped(landed, { report, hold, ...(unfinished && { unfinished }) }))
    else for (const subscriber of subscribers) subscriber.report(report, hold)
    if (subscribers.length > 0) {
      // A sink of ours knows from the report that this end is none; to any other reader it would look like the end of the input.
      await this.#host.readOut()
      await Promise.allSettled(sinks)
    } else await outlet.room()
    this.#host.fail(error)
  }
}
