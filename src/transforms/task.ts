import { compilePlan, type NativePlan, type NativeStream, openStream, type PlanOptions, type StreamOptions } from '../native.js'
import type { RecordCheck } from '../schema/checks.js'
import { type AnySchema, rulesOf } from '../schema/rules.js'
import { planOptions, schemaOptionsIn } from '../schema/schema-options.js'
import { transforms, withSteps } from '../schema/transform.js'
import type { Account } from './account.js'
import { beginningOf } from './beginning.js'
import { gatherIn } from './foreign-keys.js'
import { glanceOn } from './glancing.js'
import type { OpenedAs } from './opened.js'
import { openingOptions } from './opening.js'
import { refuseWithChecks, refuseWithTransform, streamOptions, texts, type ValidateOptions } from './options.js'
import { refuseWithStreamRules } from './rule-state.js'
import { Stopping } from './stopping.js'
import { withTableDialect } from './table-dialect.js'
import type { Upstream } from './upstream.js'
import type { WholeRules } from './whole-rules.js'

/** What a stream is to do: all that is settled before its first chunk. */
export interface Task {
  /** The options that its caller gave, with what a Table Dialect adds to them. */
  readonly options: ValidateOptions
  readonly streamOptions: StreamOptions
  readonly plan: NativePlan
  readonly planOptions: PlanOptions
  readonly checks: readonly RecordCheck[]
  readonly stopping: Stopping | undefined
}

/** What is known when the first chunk comes. */
export interface AtFirstChunk {
  readonly isBytes: boolean
  readonly upstream: Upstream
  /** Somebody makes objects of the records that pass. */
  readonly wantsRecords: boolean
}

/** Compiles `schema` with its options. Throws `schema/…` and `option/invalid`. */
export function taskOf(schema: AnySchema, asked: ValidateOptions): Task {
  const options = withTableDialect(asked)
  const native = streamOptions(options)
  const { json: given, checks, options: schemaOptions } = rulesOf(schema)
  const json = withSteps(given, options.transform)
  refuseWithTransform(transforms(json), options)
  refuseWithChecks(checks, options)
  const settled = planOptions({ ...schemaOptions, ...schemaOptionsIn(options) }, texts('mask', options.mask))
  const plan = gatherIn(options)?.plan ?? compilePlan(json, settled)
  refuseWithStreamRules(plan.streamRules, checks, options)
  return { options, streamOptions: native, plan, planOptions: settled, checks, stopping: Stopping.of(checks, native) }
}

/** Opens the addon's part of the stream, where an earlier one has stopped or anew. */
export function openTask(
  task: Task,
  { isBytes, upstream, wantsRecords }: AtFirstChunk,
  account: Account,
  wholeRules: WholeRules,
): { native: NativeStream; options: StreamOptions; as: OpenedAs } {
  const { options: given, plan, planOptions, checks, stopping } = task
  const options = openingOptions(task.streamOptions, { given, checks, stopping, upstream, wantsRecords }, isBytes)
  const { digest, from } = beginningOf(options, { given, planOptions, plan, startedAt: account.startedAt }, isBytes)
  account.decisiveDigest = digest
  const resume = from && account.goOnFrom(from)
  const glancing = isBytes ? undefined : glanceOn(task, options)
  const native = openStream(plan, { ...options, glanced: glancing !== undefined, ...(resume && { resume }) })
  account.inputNumber = wholeRules.judge(native, isBytes)
  return { native, options, as: { isBytes, isResumed: resume !== undefined, glancing } }
}
