import { SluiceError } from '../errors.js'
import type { SchemaInput } from '../schema/schema.js'
import type { S3SinkOptions } from '../sinks/s3-sink.js'
import type { S3SourceOptions } from '../sources/s3-source.js'
import type { ValidateOptions } from '../transforms/options.js'
import { validate } from '../transforms/validate.js'
import type { LambdaCheckpoint, LambdaNextEvent } from './checkpoint.js'
import type { LambdaContext } from './context.js'
import type { Deadline } from './deadline.js'
import { memoryPlan } from './memory.js'
import { type LambdaObjectOutcome, runObject } from './object-run.js'
import { type LambdaOutputsOption, OutputNames } from './outputs.js'

/** What becomes of the objects that S3 tells of. */
export interface LambdaObjects {
  /**
   * Where outputs go: templates such as `s3://checked/{bucket}/{key}/valid.csv`, or a function of bucket, key and start. With `{start}` in the names
   * of valid, invalid and violations, what there is of an object when the time is over stays as a part of it, and the next invocation goes
   * on. Without, nothing of it stays but the report, and the object is to be read again from its beginning.
   */
  outputs: LambdaOutputsOption
  /** Options of `validate`. */
  options?: ValidateOptions | undefined
  /** Options of `s3Source`; what is not given depends on the function's memory. */
  source?: S3SourceOptions | undefined
  /** Options of `s3Sink`, alike for all outputs; what is not given depends on the function's memory. */
  sink?: S3SinkOptions | undefined
  /**
   * What to do where the time was over before the end: `fail` with `limit/deadline` (the default, since S3 does not look at what a function
   * returns), `return` the outcome, or a function that sees to it that the handler is called with `next`.
   */
  unfinished?: 'fail' | 'return' | ((next: LambdaNextEvent, outcome: LambdaOutcome, context: LambdaContext) => unknown) | undefined
}

/** What the handler returns for objects. */
export interface LambdaOutcome {
  /** False where the time was over before the end of some object. */
  complete: boolean
  objects: LambdaObjectOutcome[]
  /** The event by which the next invocation goes on; only where it is not complete. */
  next?: LambdaNextEvent
}

/** Checks objects one after the other. */
export class ObjectHandler {
  readonly #schema: SchemaInput
  readonly #given: LambdaObjects
  readonly #names: OutputNames

  /** Throws `schema/…` and `option/invalid`. */
  constructor(schema: SchemaInput, given: LambdaObjects) {
    this.#schema = schema
    this.#given = given
    this.#names = new OutputNames(given.outputs)
    const { unfinished } = given
    if (unfinished !== undefined && unfinished !== 'fail' && unfinished !== 'return' && typeof unfinished !== 'function') {
      throw new SluiceError('option/invalid', `unfinished is ${JSON.stringify(unfinished)}; it must be 'fail', 'return' or a function.`)
    }
    // Compiled while the function starts, which costs no invocation its time, and refused there.
    validate(schema, given.options).destroy()
  }

  async handle(checkpoints: readonly LambdaCheckpoint[], context: LambdaContext, deadline: Deadline): Promise<LambdaOutcome> {
    const work = this.#workOf(context, deadline)
    const objects: LambdaObjectOutcome[] = []
    const failures: unknown[] = []
    for (const checkpoint of checkpoints) {
      // An object that cannot be read is no reason to leave the others.
      await runObject(checkpoint, work).then(
        (outcome) => objects.push(outcome),
        (error) => failures.push(error),
      )
    }
    if (failures.length > 0) throw failures[0]
    const left = objects.flatMap(({ checkpoint }) => checkpoint ?? [])
    if (left.length === 0) return { complete: true, objects }
    const outcome: LambdaOutcome = { complete: false, objects, next: { sluiceCheckpoints: left } }
    await this.#tellUnfinished(outcome, context)
    return outcome
  }

  #workOf(context: LambdaContext, deadline: Deadline) {
    const { options = {}, source = {}, sink = {} } = this.#given
    const memory = memoryPlan(context.memoryLimitInMB)
    return { schema: this.#schema, names: this.#names, options, source, sink, memory, deadline }
  }

  async #tellUnfinished(outcome: LambdaOutcome, context: LambdaContext): Promise<void> {
    const { unfinished = 'fail' } = this.#given
    if (unfinished === 'return') return
    if (typeof unfinished === 'function') {
      await unfinished(outcome.next as LambdaNextEvent, outcome, context)
      return
    }
    const places = outcome.objects.flatMap(({ object, checkpoint, counts }) =>
      checkpoint ? `${object} (${counts.read} records read; to go on at byte ${checkpoint.start}, record ${checkpoint.record})` : [],
    )
    throw new SluiceError(
      'limit/deadline',
      `The time of the invocation was over before the end of ${places.join(', ')}. Give the function a longer timeout, or say by unfinished how to go on.`,
    )
  }
}
