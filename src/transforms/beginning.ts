import { createHash, createHmac } from 'node:crypto'
import { type Continuation, continuationKey } from '../continuation.js'
import { SluiceError } from '../errors.js'
import type { NativePlan, PlanOptions, StreamOptions, StreamSnapshot } from '../native.js'
import type { ValidateOptions } from './options.js'

/** What an earlier stream had come to. */
export interface Earlier {
  readonly snapshot: StreamSnapshot
  readonly startedAt: Date
}

/** Where a stream begins. */
export interface Beginning {
  /** Digest of the options that decide what comes out. */
  readonly digest: string
  /** What it goes on from; undefined for one that begins anew. */
  readonly from: Earlier | undefined
}

export interface BeginningContext {
  readonly given: ValidateOptions
  readonly plan: NativePlan
  readonly planOptions: PlanOptions
  readonly startedAt: Date
}

/** Goes on from where a checkpoint, or a stream that was stopped early, says; else begins anew. Throws `checkpoint/…` and `option/invalid`. */
export function beginningOf({ panicAtBatch, ...options }: StreamOptions, context: BeginningContext, isBytes: boolean): Beginning {
  const { given, plan, planOptions, startedAt } = context
  const decisive = decisiveOptions(options, planOptions)
  const digest = createHash('sha256').update(JSON.stringify(decisive)).digest('hex')
  const continued = (given as { [continuationKey]?: Continuation })[continuationKey]
  if (continued) return { digest, from: continuedFrom(continued, digest) }
  if (!given.checkpoint) return { digest, from: undefined }
  if (!isBytes) {
    throw new SluiceError('option/invalid', 'A checkpoint is for bytes, and objects came; give validate the bytes themselves.')
  }
  return { digest, from: given.checkpoint.openStream({ schema: plan.digest, options: { ...decisive }, startedAt }) }
}

/** What the outcome depends on; how the work is divided is left out, and the schema, which has a digest. */
function decisiveOptions(
  { threads, batchBytes, batchLinesMax, snapshotBytes, hashKey, ...decisive }: StreamOptions,
  plan: PlanOptions,
): object {
  const { formatAssertion, ignoreUnknown, mask } = plan
  // The key itself is kept nowhere.
  const hashKeyDigest = hashKey && createHmac('sha256', hashKey).update('sluice').digest('hex')
  return { ...decisive, ...(hashKeyDigest && { hashKeyDigest }), formatAssertion, ignoreUnknown, mask }
}

function continuedFrom({ snapshot, startedAt, options }: Continuation, digest: string): Earlier {
  if (options === digest) return { snapshot, startedAt: new Date(startedAt) }
  throw new SluiceError(
    'checkpoint/foreign',
    'What is to be gone on with was begun with other options of validate; give the same ones, or begin anew.',
  )
}
