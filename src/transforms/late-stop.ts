import { type BatchVerdict, type NativeStream, stopAt } from '../native.js'
import type { Finding } from '../schema/checks.js'
import type { Judged } from '../verdict.js'
import { refuses } from '../violation.js'
import { placesOf } from './places.js'
import type { RecordOutcome, Stopping } from './stopping.js'

type Found = ReadonlyMap<number, readonly Finding[]>

/** Stops a stream within a batch, at the record where rules in JavaScript have it stop. The addon keeps each batch until it hears of it. */
export class LateStop {
  readonly #native: NativeStream
  readonly #stopping: Stopping
  /** The record at which the stream stops goes on in the next batch. */
  #isWithin = false

  constructor(native: NativeStream, stopping: Stopping) {
    this.#native = native
    this.#stopping = stopping
  }

  /** Whether the stream is to be stopped though its input has ended. */
  get isDueAtEnd(): boolean {
    return this.#stopping.isPassedAtEnd()
  }

  /** A batch of bytes up to where the stream is stopped: as it is where that is not in it. `found`: of its valid records, by their index. */
  ofBytes(batch: BatchVerdict, found: Found): BatchVerdict {
    const places = batch.records ? [...placesOf(batch.records)] : []
    if (this.#isWithin) {
      const [rest] = places
      if (batch.goesOn && places.every(({ record }) => record === 0)) return this.#passed(batch)
      return stopAt(this.#native, 0, rest?.record === 0 ? rest.end + rest.other : 0)
    }
    const records = places.filter(({ record }) => record !== 0)
    const index = this.#stopping.take(outcomesOf(records, found))
    const place = index === undefined ? undefined : records[index]
    if (index === undefined || !place) return this.#passed(batch)
    const isLast = index === records.length - 1
    this.#isWithin = isLast && batch.goesOn
    // Where a rule of severity `abort` in Rust has stopped it there, that is what stops it.
    if (this.#isWithin || (isLast && batch.isStopped)) return this.#passed(batch)
    return stopAt(this.#native, index + 1, place.end + place.other)
  }

  /** The same for a batch of objects. */
  ofRecords(batch: BatchVerdict, records: readonly Judged[], found: Found): BatchVerdict {
    const outcomes = outcomesOf(
      records.map(({ valid }) => ({ isRefused: !valid })),
      found,
    )
    const index = this.#stopping.take(outcomes)
    if (index === undefined || (index === records.length - 1 && batch.isStopped)) return this.#passed(batch)
    return stopAt(this.#native, index + 1, 0)
  }

  #passed(batch: BatchVerdict): BatchVerdict {
    this.#native.release()
    return batch
  }
}

function* outcomesOf(records: readonly { readonly isRefused: boolean }[], found: Found): Generator<RecordOutcome> {
  let index = 0
  for (const { isRefused } of records) {
    if (isRefused) {
      yield { isRefused, aborts: false }
      continue
    }
    const findings = found.get(index) ?? []
    index += 1
    yield { isRefused: findings.some(refuses), aborts: findings.some(({ severity }) => severity === 'abort') }
  }
}
