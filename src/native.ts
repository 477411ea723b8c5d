import { createRequire } from 'node:module'
import type * as Addon from '../native/index.cjs'
import { type ErrorCode, errorCodes, SluiceError } from './errors.js'
import type { JSONSchema } from './schema/json-schema.js'

export type { BatchRecords, BatchVerdict, CompressionStep, RecordColumns, StreamOptions, StreamSnapshot } from '../native/index.cjs'
export type NativeLock = Addon.FileLock
export type NativePlan = Addon.Plan
export type NativeReferenceKeys = Addon.ReferenceKeys
export type NativeRuleState = Addon.RuleState
export type NativeStream = Addon.Stream

/** How much of what was gathered is wanted: see `submit` of the addon's Stream. */
export const take = { full: 0, partial: 1, last: 2 } as const

/** What is known of a record by itself: see `checkAlone` of the addon's Stream. */
export const alone = { open: 0, clean: 1, refused: 2 } as const

export interface PlanOptions {
  formatAssertion: boolean
  ignoreUnknown: boolean
  bytesMax: number
  mask: readonly string[]
  references?: readonly { uri: string; json: string }[]
}

const plansMax = 256
const plans = new Map<string, NativePlan>()
const schemaTexts = new WeakMap<NativePlan, string>()
const addon = load()

function load(): typeof Addon {
  try {
    return createRequire(import.meta.url)('#addon')
  } catch (cause) {
    const place = `${process.platform} ${process.arch}, Node ${process.version}`
    throw new SluiceError(
      'native/load',
      `Sluice's native addon cannot be loaded on ${place}; install the package again, or build it (npm run build).`,
      {
        cause,
      },
    )
  }
}

/** Gives a fault of the addon its code back. */
export function asError(fault: unknown): Error {
  if (!(fault instanceof Error)) return new SluiceError('native/panic', `The addon threw ${String(fault)}.`, { cause: fault })
  const told = parseFault(fault.message)
  return told ? new SluiceError(told.code, told.message) : fault
}

function parseFault(text: string): { code: ErrorCode; message: string } | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    const told = JSON.parse(text)
    return told.code in errorCodes ? told : undefined
  } catch {
    return undefined
  }
}

function guarded<T>(call: () => T): T {
  try {
    return call()
  } catch (fault) {
    throw asError(fault)
  }
}

/** Compiles a schema; one that was compiled before, with the same options, costs a look-up. Throws `schema/…` and `option/invalid`. */
export function compilePlan(schema: JSONSchema, options: PlanOptions): NativePlan {
  const text = JSON.stringify(schema)
  const references = [...(options.references ?? [])]
  const key = JSON.stringify([options.formatAssertion, options.ignoreUnknown, options.bytesMax, options.mask, references, text])
  const known = plans.get(key)
  if (known) {
    // The order of a Map is that of insertion, so the first one is always the longest unused.
    plans.delete(key)
    plans.set(key, known)
    return known
  }
  const plan = guarded(() => new addon.Plan(text, { ...options, mask: [...options.mask], references }))
  plans.set(key, plan)
  schemaTexts.set(plan, text)
  if (plans.size > plansMax) plans.delete(plans.keys().next().value as string)
  return plan
}

/** The JSON text of the schema that a plan was compiled from; undefined for one that was made of another plan. */
export function schemaTextOf(plan: NativePlan): string | undefined {
  return schemaTexts.get(plan)
}

/** Throws `option/invalid` for a path that cannot be followed. */
export function checkRecordPath(path: string): void {
  guarded(() => addon.checkRecordPath(path))
}

/** What becomes of each keyword of a schema, as JSON. Throws `schema/…` for what is no schema at all. */
export function explainJson(schema: JSONSchema, options: PlanOptions): string {
  return guarded(() =>
    addon.explain(JSON.stringify(schema), { ...options, mask: [...options.mask], references: [...(options.references ?? [])] }),
  )
}

export function openStream(plan: NativePlan, options: Addon.StreamOptions): NativeStream {
  return guarded(() => new addon.Stream(plan, options))
}

/** See the addon: what rules over the whole stream have come to. */
export function openRuleState(uniqueBytesMax: number, temporaryDirectory: string): Addon.RuleState {
  return guarded(() => new addon.RuleState(uniqueBytesMax, temporaryDirectory))
}

/** See the addon: the keys of references, which streams gather and look up. */
export function openReferenceKeys(plan: NativePlan, bytesMax: number, temporaryDirectory: string): Addon.ReferenceKeys {
  return guarded(() => new addon.ReferenceKeys(plan, bytesMax, temporaryDirectory))
}

/** The plan that a reference is read by. Throws `reference/unused`. */
export function planOfReference(keys: NativeReferenceKeys, resource: string): NativePlan {
  return guarded(() => keys.planOf(resource))
}

/** The keys of `stream`, which is a reference, go to `keys`. */
export function gatherInto(stream: NativeStream, keys: NativeReferenceKeys): void {
  guarded(() => stream.gatherInto(keys))
}

/** Every reference was read. Throws `reference/empty`. */
export function completeReferences(keys: NativeReferenceKeys): void {
  guarded(() => keys.complete())
}

/** The foreign keys of `stream` are looked up in `keys`. */
export function lookUpIn(stream: NativeStream, keys: NativeReferenceKeys): void {
  guarded(() => stream.lookUpIn(keys))
}

/** Hands a batch to the threads; see the addon. Throws what is wrong with the source as a whole. */
export function submit(stream: NativeStream, how: number): Promise<Addon.BatchVerdict> | null {
  return guarded(() => stream.submit(how))
}

/** Frees the memory of bytes that the addon made, now: every view on it is empty from here on. */
export function release(bytes: ArrayBufferView): void {
  addon.release(bytes.buffer as ArrayBuffer)
}

/** Stops within the oldest batch that is kept; see the addon. Gives that batch up to there. */
export function stopAt(stream: NativeStream, records: number, length: number): Addon.BatchVerdict {
  return guarded(() => stream.stopAt(records, length))
}

/** Locks a file, which is made where there is none. Throws `checkpoint/locked`, `checkpoint/unwritable`. */
export function lockFile(path: string): NativeLock {
  return guarded(() => new addon.FileLock(path))
}

export function checkJson(plan: NativePlan, json: string): string {
  return guarded(() => plan.checkRecord(json))
}

export function mergeJson(reports: string[]): string {
  return guarded(() => addon.mergeReports(reports))
}

/** See the addon: one decoder of gzip or zstd, one step at a time. */
export function newDecoder(format: 'gzip' | 'zstd'): Addon.Decoder {
  return guarded(() => new addon.Decoder(format))
}

/** See the addon: one encoder of gzip or zstd, one step at a time. */
export function newEncoder(format: 'gzip' | 'zstd'): Addon.Encoder {
  return guarded(() => new addon.Encoder(format))
}
