import { SluiceError } from '../errors.js'
import type { SchemaInput } from '../schema/schema.js'
import type { LambdaContext } from './context.js'
import { Deadline, type DeadlineOptions, deadlineMargins } from './deadline.js'
import { workOf } from './event.js'
import { told } from './failure.js'
import { type LambdaBatchResponse, type LambdaMessages, MessageHandler } from './messages.js'
import { type LambdaObjects, type LambdaOutcome, ObjectHandler } from './objects.js'

export interface LambdaOptions extends DeadlineOptions {
  /** A builder schema or a JSON Schema. */
  schema: SchemaInput
  /** What becomes of objects that S3 tells of. */
  objects?: LambdaObjects | undefined
  /** What becomes of messages of SQS and Kinesis. */
  messages?: LambdaMessages | undefined
}

/** A handler as Lambda calls it. */
export type LambdaHandler = (event: unknown, context: LambdaContext) => Promise<LambdaOutcome | LambdaBatchResponse>

/**
 * A handler for AWS Lambda: `export const handler = lambdaHandler({ schema, objects: { outputs: { valid: 's3://checked/{key}', … } } })`.
 *
 * **Events of S3** (ObjectCreated): each object is checked, and the valid records, the refused ones, the violations and the report go to objects of
 * their own, each made whole or not at all. **Batches of SQS and Kinesis**: each message is checked and handed on; those that have to come
 * again are told as `batchItemFailures`.
 *
 * It does not run into the function's timeout: `stopMarginMs` before it nothing more is read, and what is left is told, with a checkpoint
 * from which the next invocation goes on.
 *
 * Throws `schema/…` and `option/invalid`, while the function starts. The handler rejects with `event/unknown`, `limit/deadline`, and with what keeps an
 * object from being read, checked or written; the code stands in the message, since Lambda hands on no other field of an error.
 */
export function lambdaHandler({ schema, objects, messages, ...options }: LambdaOptions): LambdaHandler {
  const { stopMarginMs, abortMarginMs, ...unknown } = options
  const [name] = Object.keys(unknown)
  if (name !== undefined) {
    const all = 'schema, objects, messages, stopMarginMs, abortMarginMs'
    throw new SluiceError('option/invalid', `lambdaHandler has no option ${JSON.stringify(name)}; the options are ${all}.`)
  }
  if (!objects && !messages) throw new SluiceError('option/invalid', 'lambdaHandler needs objects, messages or both.')
  const margins = deadlineMargins({ stopMarginMs, abortMarginMs })
  const objectHandler = objects && new ObjectHandler(schema, objects)
  const messageHandler = messages && new MessageHandler(schema, messages)
  return async (event, context) => {
    let deadline: Deadline | undefined
    try {
      const work = workOf(event)
      const handler = work.kind === 'objects' ? objectHandler : messageHandler
      if (!handler) throw new SluiceError('event/unknown', `The event is of ${work.kind}, and the handler was made without ${work.kind}.`)
      deadline = new Deadline(context, margins)
      if (work.kind === 'objects') return await (handler as ObjectHandler).handle(work.checkpoints, context, deadline)
      return await (handler as MessageHandler).handle(work.messages, work.order, context, deadline)
    } catch (error) {
      throw told(error)
    } finally {
      deadline?.close()
    }
  }
}
