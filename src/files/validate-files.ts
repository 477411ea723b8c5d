import { availableParallelism } from 'node:os'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { SluiceError } from '../errors.js'
import type { Report } from '../report.js'
import type { SchemaInput } from '../schema/schema.js'
import { foreignKeysKey, takeForeignKeysKey } from '../transforms/foreign-keys.js'
import type { ValidateOptions } from '../transforms/options.js'
import { asksWhole, RuleState, ruleStateKey, streamRulesKey } from '../transforms/rule-state.js'
import { validate } from '../transforms/validate.js'
import { inOrder } from './in-order.js'
import { type Input, type ListInputsOptions, listInputs } from './list-inputs.js'

export interface ValidateFilesOptions extends Omit<ValidateOptions, 'source' | 'select' | 'cells'> {
  /** How many inputs are read at once. Default: what the machine has, 8 at most. */
  jobs?: number | undefined
  /** Whether the first input that fails is the last one to be told of. Default false. */
  failFast?: boolean | undefined
  /** How the inputs are found and read. */
  inputs?: ListInputsOptions | undefined
  /** Where the chunks of an input go, as those of `validate`: a `split(…)`, any Writable. `index` counts from 0. Default: nowhere. */
  sink?: ((source: string, index: number) => Writable | Promise<Writable>) | undefined
}

/** What became of one input. */
export interface FileOutcome {
  source: string
  /** Undefined where it failed before there was anything to tell. */
  report: Report | undefined
  /** What kept it from being read to its end, or its outputs from being written. */
  error: Error | undefined
}

const jobsMost = 8
/** Outcomes that wait for those of earlier inputs, for each job. */
const waitingPerJob = 4

/**
 * Checks several inputs, each by itself: its own header, its own report. `inputs` are words as `listInputs` takes them. Outcomes come in the
 * order of the inputs. One that fails is an outcome like any other, and the rest go on.
 *
 * Rules over the whole stream (`x-unique`) are asked of all inputs together, as if they were one: so these are read one after another, whatever
 * `jobs` is, and the first that fails is the last one to be told of.
 *
 * Throws `schema/…`, `option/invalid` and `reference/…`, before anything is read. To stop early, leave the loop: what is under way is let go of.
 */
export async function* validateFiles(
  inputs: Iterable<string | Buffer> | AsyncIterable<string | Buffer>,
  schema: SchemaInput,
  options: ValidateFilesOptions = {},
): AsyncGenerator<FileOutcome> {
  const {
    jobs: jobsMax = Math.min(jobsMost, availableParallelism()),
    failFast = false,
    inputs: how,
    sink = nowhere,
    signal,
    ...rest
  } = options
  if (!Number.isSafeInteger(jobsMax) || jobsMax < 1)
    throw new SluiceError('option/invalid', `jobs is ${String(jobsMax)}; it must be a whole number of at least 1.`)
  // Compiled once for all, and refused before anything is read.
  const first = validate(schema, rest)
  const keywords = first[streamRulesKey]
  const foreignKeys = first[takeForeignKeysKey]()
  first.destroy()
  const isWhole = asksWhole(keywords)
  const jobs = isWhole ? 1 : jobsMax
  const rules = isWhole ? new RuleState(keywords, rest) : undefined
  const each = { ...rest, ...(rules && { [ruleStateKey]: rules }), ...(foreignKeys && { [foreignKeysKey]: foreignKeys }) }
  const controller = new AbortController()
  const { default: pLimit } = await import('p-limit')
  const limit = pLimit(jobs)
  const running = new Set<Promise<FileOutcome>>()
  const begin = (input: Input, index: number) => {
    const own = { options: each, sink: () => sink(input.name, index), signal: controller.signal }
    const outcome = limit(() => checkInput(input, schema, own)).finally(() => running.delete(outcome))
    running.add(outcome)
    return outcome
  }
  const stop = () => {
    controller.abort(signal?.reason)
    foreignKeys?.close()
  }
  signal?.addEventListener('abort', stop, { once: true })
  try {
    await foreignKeys?.load().catch((error) => {
      signal?.throwIfAborted()
      throw error
    })
    for await (const outcome of inOrder(listInputs(inputs, how), begin, { waitingMax: jobs * waitingPerJob, signal })) {
      yield outcome
      if (outcome.error && (failFast || isWhole)) return
    }
  } finally {
    signal?.removeEventListener('abort', stop)
    controller.abort()
    await Promise.allSettled(running)
    rules?.close()
    foreignKeys?.close()
  }
}

/** True where a schema has rules that ask all inputs together. Throws `schema/…` and `option/invalid`. */
export function asksAllTogether(schema: SchemaInput, options: ValidateOptions): boolean {
  const check = validate(schema, options)
  check.destroy()
  return asksWhole(check[streamRulesKey])
}

async function checkInput(
  input: Input,
  schema: SchemaInput,
  { options, sink, signal }: { options: ValidateOptions; sink: () => Writable | Promise<Writable>; signal: AbortSignal },
): Promise<FileOutcome> {
  const { name } = input
  const check = validate(schema, { ...options, source: name })
  let to: Writable | undefined
  try {
    to = await sink()
    await pipeline(input.open(), check, to, { signal })
    return { source: name, report: check.report, error: undefined }
  } catch (error) {
    check.destroy()
    if (to && !to.closed) {
      const closed = new Promise((resolve) => to?.on('error', () => {}).once('close', resolve))
      to.destroy()
      await closed
    }
    return { source: name, report: check.report, error: error as Error }
  }
}

function nowhere(): Writable {
  return new Writable({ objectMode: true, write: (_chunk, _encoding, callback) => callback() })
}
