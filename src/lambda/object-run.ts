import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { continuationKey, type Stopped, stopKey } from '../continuation.js'
import { SluiceError } from '../errors.js'
import { addWarnings, type Counts, noCounts } from '../report.js'
import { urlOf } from '../s3/location.js'
import type { SchemaInput } from '../schema/schema.js'
import { type S3SinkOptions, s3Sink } from '../sinks/s3-sink.js'
import { split } from '../sinks/split.js'
import { type S3Source, type S3SourceOptions, s3Source } from '../sources/s3-source.js'
import type { ValidateOptions } from '../transforms/options.js'
import { validate } from '../transforms/validate.js'
import type { LambdaCheckpoint } from './checkpoint.js'
import type { Deadline } from './deadline.js'
import type { MemoryPlan } from './memory.js'
import type { LambdaOutputs, OutputNames } from './outputs.js'

/** What became of one object. */
export interface LambdaObjectOutcome {
  /** URL of the object. */
  object: string
  /** False where the time was over before its end. */
  complete: boolean
  /** Of all that was read of it, by earlier invocations too. */
  counts: Counts
  /** What was written in this invocation, and stays. */
  outputs: LambdaOutputs
  /** Where the next invocation goes on; only where it is not complete. */
  checkpoint?: LambdaCheckpoint
}

export interface ObjectWork {
  schema: SchemaInput
  options: ValidateOptions
  names: OutputNames
  source: S3SourceOptions
  sink: S3SinkOptions
  memory: MemoryPlan
  deadline: Deadline
}

/** Checks an object from its checkpoint on, until its end or the deadline. Rejects with what keeps it from being read, checked or written. */
export async function runObject(checkpoint: LambdaCheckpoint, work: ObjectWork): Promise<LambdaObjectOutcome> {
  const { deadline, names } = work
  const object = urlOf(checkpoint)
  const outputs = names.of(checkpoint)
  const before = countsOf(checkpoint)
  if (deadline.stop.aborted) return { object, complete: false, counts: before, outputs: {}, checkpoint }
  const haveParts = names.haveParts(checkpoint)
  const source = sourceOf(checkpoint, work)
  const check = validate(work.schema, { ...work.options, [continuationKey]: checkpoint.continuation } as ValidateOptions)
  const sinks = Object.entries(outputs).flatMap(([part, url]) => (url === undefined ? [] : [[part, sinkOf(url, work)] as const]))
  const sink = split(Object.fromEntries(sinks))
  let stopped: Stopped | undefined
  // A place among decompressed bytes is none in the object, so such a one is read from its beginning each time.
  const goesOn = () => haveParts && !source.isCompressed
  const stop = () =>
    check[stopKey](goesOn() ? 'keep' : 'discard', (what) => {
      stopped = what
      return deadlineError(object)
    })
  deadline.stop.addEventListener('abort', stop, { once: true })
  try {
    await pipeline(source, check, sink, { signal: deadline.abort })
    return { object, complete: true, counts: check.counts, outputs }
  } catch (error) {
    // The uploads are being aborted. Lambda lets nothing go on after the answer, so that is waited for.
    await Promise.all(sinks.map(([, stream]) => closed(stream)))
    if (deadline.abort.aborted) return { object, complete: false, counts: before, outputs: {}, checkpoint }
    if (!stopped) throw error
    const wroteNothing = stopped.report === undefined
    // A sink that failed while it finished comes before the deadline that made it finish.
    if (!wroteNothing && !sink.writableFinished) throw sink.errored ?? error
    return unfinished(checkpoint, { object, outputs, haveParts: goesOn(), stopped, source })
  } finally {
    deadline.stop.removeEventListener('abort', stop)
  }
}

function unfinished(
  checkpoint: LambdaCheckpoint,
  run: { object: string; outputs: LambdaOutputs; haveParts: boolean; stopped: Stopped; source: S3Source },
): LambdaObjectOutcome {
  const { object, outputs, haveParts, stopped, source } = run
  const { report, continuation } = stopped
  if (!report) return { object, complete: false, counts: countsOf(checkpoint), outputs: {}, checkpoint }
  const { counts } = report
  const onlyReport = outputs.report === undefined ? {} : { report: outputs.report }
  // What was discarded is read again.
  if (!haveParts || !continuation) return { object, complete: false, counts, outputs: onlyReport, checkpoint }
  const { bucket, key, versionId } = checkpoint
  const etag = source.object?.etag
  const next: LambdaCheckpoint = {
    ...{ bucket, key, ...(versionId && { versionId }), ...(etag && { etag }) },
    start: continuation.snapshot.bytes,
    record: continuation.snapshot.read + 1,
    continuation,
  }
  return { object, complete: false, counts, outputs, checkpoint: next }
}

function sourceOf({ bucket, key, versionId, etag, continuation }: LambdaCheckpoint, { source, memory }: ObjectWork): S3Source {
  const start = continuation?.snapshot.seek
  return s3Source({ bucket, key, versionId }, { ...memory.source, ...source, ...(etag && { etag }), ...(start && { start }) })
}

function sinkOf(url: string, { sink, memory }: ObjectWork) {
  return s3Sink(url, { ...memory.sink, ...sink })
}

function countsOf({ continuation }: LambdaCheckpoint): Counts {
  if (!continuation) return { ...noCounts }
  const { read, invalid, violations, warnings } = continuation.snapshot
  return addWarnings({ read, valid: read - invalid, invalid, violations }, warnings)
}

function closed(stream: Writable): Promise<void> {
  if (!stream.destroyed) stream.destroy()
  return new Promise((resolve) => (stream.closed ? resolve() : stream.once('close', () => resolve())))
}

export function deadlineError(what: string): SluiceError {
  return new SluiceError('limit/deadline', `The time of the invocation is over before the end of ${what}.`)
}
