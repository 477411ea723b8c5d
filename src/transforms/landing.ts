import type { BatchVerdict } from '../native.js'
import { groupByRecord, parseViolations } from '../record.js'
import { addWarnings, type Counts } from '../report.js'
import type { Refusal, Subscriber } from '../verdict.js'
import type { Violation } from '../violation.js'
import { type Judging, judgeBytes } from './byte-judge.js'
import type { ByteVerdicts, Landed } from './byte-verdicts.js'
import type { ValidateOptions } from './options.js'
import type { Outlet } from './outlet.js'
import { judgeRecords } from './record-judge.js'
import { judgedOf, type RecordQueue, type Settled } from './record-queue.js'

/** What a landing asks of its stream. */
export interface LandingHost {
  readonly outlet: Outlet
  readonly counts: Counts
  readonly subscribers: readonly Subscriber[]
  readonly options: ValidateOptions
  isDestroyed(): boolean
  /** The stream's event `refused`. */
  tellRefused(refusal: Refusal): void
}

/** Deals with the verdict of a batch: the rules in JavaScript, the counts, what is handed on. */
export interface Landing {
  /** False when the stream was destroyed meanwhile. At the end of a stream that is stopped, the caller hands on the last batch. */
  land(before: BatchVerdict): Promise<Landed | false>
}

/** Lands batches of bytes. */
export class ByteLanding implements Landing {
  readonly #host: LandingHost
  readonly #judging: Judging
  readonly #chunks: ByteVerdicts

  constructor(host: LandingHost, judging: Judging, chunks: ByteVerdicts) {
    this.#host = host
    this.#judging = judging
    this.#chunks = chunks
  }

  async land(before: BatchVerdict): Promise<Landed | false> {
    const landed = await judgeBytes(before, this.#judging)
    if (this.#host.isDestroyed()) return false
    count(this.#host.counts, landed.verdict)
    if (!landed.before.isStopped) this.#host.outlet.push(this.#chunks.chunk(landed))
    return landed
  }
}

const none: ReadonlySet<number> = new Set()

/** Lands batches of objects, which wait in a queue. */
export class RecordLanding implements Landing {
  readonly #host: LandingHost
  readonly #judging: Judging
  readonly #queue: RecordQueue

  constructor(host: LandingHost, judging: Judging, queue: RecordQueue) {
    this.#host = host
    this.#judging = judging
    this.#queue = queue
  }

  async land(before: BatchVerdict): Promise<Landed | false> {
    const settled = this.#queue.settle(before)
    if (this.#host.options.emit === 'all' || this.#judging.checks.length > 0) return this.#landJudged(before, settled)
    this.#count(before, settled)
    await this.#handOn(before, settled)
    return { before, verdict: before, refusedValues: none }
  }

  /** Those that were handed on have been counted already. */
  #count(verdict: BatchVerdict, { handedOnCount }: Settled): void {
    const { counts } = this.#host
    count(counts, verdict)
    counts.read -= handedOnCount
    counts.valid -= handedOnCount
  }

  /** Hands on the valid objects that are still here, and tells of the others. */
  async #handOn(verdict: BatchVerdict, { chunks, indexes }: Settled): Promise<void> {
    const { outlet } = this.#host
    const violations = parseViolations(verdict.violations.toString())
    const byRecord = groupByRecord(violations)
    const refused = new Set(verdict.refused)
    const refusals: Refusal[] = []
    for (const [at, record] of chunks.entries()) {
      const index = indexes[at] as number
      if (refused.has(index)) refusals.push({ record, violations: byRecord.get(index + 1) ?? [], index })
      else outlet.push(record)
    }
    this.#queue.land()
    if (violations.length > 0) await this.#refused(refusals, violations)
  }

  /** The same for who has more to say of objects, or asks for a verdict with each. */
  async #landJudged(before: BatchVerdict, settled: Settled): Promise<Landed | false> {
    const { outlet, counts, options } = this.#host
    const { select, emit } = options
    const selected = (chunk: unknown) => (select ? select(chunk as never) : chunk)
    const { batch, ...judged } = await judgeRecords(judgedOf(settled, before), before, this.#judging, selected)
    if (this.#host.isDestroyed()) return false
    count(counts, judged.verdict)
    const refusals: Refusal[] = []
    const found: Violation[] = []
    for (const each of batch) {
      const { record, valid, violations, index } = each
      if (!valid) refusals.push({ record, violations, index })
      if (violations.length > 0) found.push(...violations)
      if (emit === 'all') outlet.push(each)
      else if (valid) outlet.push(record)
    }
    if (found.length > 0) await this.#refused(refusals, found)
    return { ...judged, refusedValues: none }
  }

  async #refused(refusals: Refusal[], violations: Violation[]): Promise<void> {
    for (const refusal of refusals) this.#host.tellRefused(refusal)
    await Promise.all(this.#host.subscribers.map((subscriber) => subscriber.refused(refusals, violations)))
  }
}

function count(counts: Counts, { readCount, invalidCount, violationCount, warningCount }: BatchVerdict): void {
  counts.read += readCount
  counts.invalid += invalidCount
  counts.valid += readCount - invalidCount
  counts.violations += violationCount
  addWarnings(counts, warningCount)
}
