import { SluiceError } from '../errors.js'
import type { AnySchema, RecordOf } from '../schema/rules.js'
import { type Subscribable, subscribeKey, type Verdict, verdictOf } from '../verdict.js'
import { parseValues, releaseValues } from './batch-values.js'
import { RecordIterator } from './record-iterator.js'
import { askForValuesKey, type Valued, valuesOf } from './values.js'

/** Options of `records`. */
export interface RecordsOptions {
  /** Integers beyond ±(2^53 - 1) are bigints. Default false: such an integer fails the stream with `record/value`, for a number would change it. */
  bigint?: boolean | undefined
  /** Hears each chunk's verdict, with what was refused; that of the last one has the report. */
  onVerdict?: ((verdict: Verdict) => void) | undefined
}

/** A record's type where large integers are bigints. */
export type WithBigints<T> = T extends number
  ? number extends T
    ? number | bigint
    : T
  : T extends readonly (infer Item)[]
    ? WithBigints<Item>[]
    : T extends object
      ? { [K in keyof T]: WithBigints<T[K]> }
      : T

/** A step of a `pipeline` from the chunks of `validate()` to the records in them. */
export type Records<T> = (source: AsyncIterable<unknown>) => AsyncGenerator<T, void, undefined>

/**
 * A step of a `pipeline` right after `validate()` on bytes: it gives the valid records as objects, typed by the schema. CSV cells are numbers,
 * booleans, null and texts as the schema says; a missing cell is null where the field admits it and else absent; dates stay texts. Objects,
 * which come out of `validate()` as they went in, pass. Outside of a pipeline: `for await (const record of records(person)(stream))`.
 *
 * `schema` is there for the type of the records alone.
 *
 * It fails with `record/value` for what an object cannot hold as it is, and with `sink/no-verdict` when its chunks do not come straight from
 * `validate()`. A number with a fraction or an exponent is the nearest double, as everywhere in JavaScript.
 */
export function records<T = Record<string, unknown>>(options: RecordsOptions & { bigint: true }): Records<WithBigints<T>>
export function records<S extends AnySchema>(schema: S, options: RecordsOptions & { bigint: true }): Records<WithBigints<RecordOf<S>>>
export function records<S extends AnySchema>(schema: S, options?: RecordsOptions): Records<RecordOf<S>>
export function records<T = Record<string, unknown>>(options?: RecordsOptions): Records<T>
export function records(...given: unknown[]): Records<unknown> {
  const batches = stepOf(given)
  return (source) => new RecordIterator(batches(source))
}

/** As `records`, with an array of records for each batch: there is then no promise to wait for between one record and the next. */
export function recordBatches<T = Record<string, unknown>>(options: RecordsOptions & { bigint: true }): Records<WithBigints<T>[]>
export function recordBatches<S extends AnySchema>(
  schema: S,
  options: RecordsOptions & { bigint: true },
): Records<WithBigints<RecordOf<S>>[]>
export function recordBatches<S extends AnySchema>(schema: S, options?: RecordsOptions): Records<RecordOf<S>[]>
export function recordBatches<T = Record<string, unknown>>(options?: RecordsOptions): Records<T[]>
export function recordBatches(...given: unknown[]): Records<unknown[]> {
  return stepOf(given)
}

function stepOf(given: unknown[]): Records<unknown[]> {
  const last = given.at(-1)
  const options = given.length === 2 || isRecordsOptions(last) ? (last as RecordsOptions | undefined) : undefined
  const { bigint = false, onVerdict } = options ?? {}
  if (typeof bigint !== 'boolean') throw new SluiceError('option/invalid', `bigint is ${String(bigint)}; it must be true or false.`)
  if (onVerdict !== undefined && typeof onVerdict !== 'function') throw new SluiceError('option/invalid', 'onVerdict must be a function.')
  return (source) => {
    // At once, and not when the first record is asked for: the stream must know before its first chunk.
    ;(source as Partial<Valued>)[askForValuesKey]?.()
    return batchesIn(source, bigint ? 'bigint' : 'refuse', onVerdict)
  }
}

function isRecordsOptions(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).every((name) => name === 'bigint' || name === 'onVerdict')
}

async function* batchesIn(
  source: AsyncIterable<unknown>,
  large: 'refuse' | 'bigint',
  onVerdict: RecordsOptions['onVerdict'],
): AsyncGenerator<unknown[], void, undefined> {
  const comesFromUs = (source as Partial<Subscribable>)[subscribeKey] !== undefined
  let before = 0
  for await (const chunk of source) {
    const verdict = verdictOf(chunk)
    if (!verdict) {
      if (!comesFromUs || typeof chunk === 'string' || chunk instanceof Uint8Array) throw noVerdict()
      yield [chunk]
      continue
    }
    const values = valuesOf(chunk)
    if (!values && verdict.counts.valid > 0) throw noVerdict()
    onVerdict?.(verdict)
    if (!values) continue
    if (values.isTaken) throw takenAlready()
    values.isTaken = true
    const parsed = parseValues(values.records, large, values.refused, before)
    releaseValues(values.records)
    before += parsed.length - values.refused.size
    yield values.refused.size === 0 ? parsed : parsed.filter((_, index) => !values.refused.has(index))
  }
}

function takenAlready(): SluiceError {
  return new SluiceError(
    'sink/no-verdict',
    'The records of a chunk can be taken once; let one records() read them, and share what it gives.',
  )
}

function noVerdict(): SluiceError {
  const message = 'records() needs the chunks as validate() makes them: put it straight after validate() in the pipeline.'
  return new SluiceError('sink/no-verdict', message)
}
