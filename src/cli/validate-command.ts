import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import {
  type Checkpoint,
  checkpoint,
  fileSource,
  isSluiceError,
  SluiceError,
  type Split,
  s3Source,
  split,
  stdinSource,
  validate,
} from '../index.js'
import { isS3Url } from '../s3/location.js'
import { isWholeMet } from '../whole-stream.js'
import { loadDialect } from './dialect-file.js'
import { endInterrupted, isLimit, isReaderGone, letGo } from './ending.js'
import { exitCodes } from './exit-codes.js'
import { reportFailure } from './failure.js'
import { inputSize } from './input-size.js'
import { catchSignals, type Interruption } from './interruption.js'
import { planOutputs } from './outputs.js'
import { showProgress } from './progress.js'
import { count } from './quantities.js'
import { loadWithReferences } from './schema-file.js'
import type { ValidateSettings } from './settings.js'
import { tell } from './tell.js'
import { printable } from './terminal.js'

/** Runs `sluice validate`. Gives the exit code; throws what kept it from finishing. */
export async function runValidate(settings: ValidateSettings): Promise<number> {
  const input = await onlyInput(settings)
  return input === undefined ? (await import('./many/validate-many.js')).runMany(settings) : runOne(settings, input)
}

async function runOne(settings: ValidateSettings, input: string): Promise<number> {
  const plan = await planOutputs(settings)
  const { schema, references } = await loadWithReferences(settings.schema, settings.references)
  const dialect = settings.dialect === undefined ? undefined : await loadDialect(settings.dialect)
  const kept = checkpointOf(settings, input)
  const check = validate(schema, { ...settings.options, references, dialect, checkpoint: kept })
  const source = sourceOf(input, settings.source, kept)
  const toldOnTerminal = settings.progress ?? process.stderr.isTTY ?? false
  // Records that go to the terminal themselves would be torn by a line that keeps changing.
  const hidesProgress = settings.progress === undefined && plan.standardOutput !== undefined && process.stdout.isTTY
  const interruption = catchSignals()
  const progress =
    toldOnTerminal && !hidesProgress
      ? showProgress({ counts: () => check.counts, bytesRead: () => source.bytesRead }, inputSize(input))
      : undefined
  const begun = performance.now()
  let failure: unknown
  let outputs: Split | undefined
  try {
    outputs = split(plan.sinks(), { checkpoint: kept })
    await pipeline(source, check, outputs, { signal: interruption.signal })
  } catch (error) {
    failure = error
  }
  progress?.stop()
  if (failure !== undefined && interruption.exitCode !== undefined) return await leaveInterrupted(interruption, outputs, kept)
  interruption.release()
  if (isReaderGone(failure)) return exitCodes.valid
  const stopped = isLimit(failure)
  if (failure !== undefined && !stopped) {
    tellHowToGoOn(kept, failure)
    throw failure
  }
  await tell(check.report, {
    ...plan,
    told: toldOnTerminal,
    seconds: (performance.now() - begun) / 1000,
    from: kept?.resumedFrom?.bytes ?? 0,
  })
  if (stopped) reportFailure(failure)
  if (stopped) return exitCodes.stopped
  const isValid = check.counts.valid === check.counts.read && (!check.report || isWholeMet(check.report))
  return isValid ? exitCodes.valid : exitCodes.invalid
}

/** The one input of a run that has one; undefined for a run of several, or of what may be several. */
async function onlyInput({ inputs, manifest, many }: ValidateSettings): Promise<string | undefined> {
  if (manifest !== undefined || Object.values(many).some((value) => value !== undefined)) return undefined
  const [input = '-', ...more] = inputs
  if (more.length > 0) return undefined
  if (input === '-') return input
  // A key that ends in a slash is taken for a prefix, as a folder is.
  if (isS3Url(input)) return input.endsWith('/') ? undefined : input
  const stats = await stat(input).catch(() => undefined)
  // Loaded only where it is needed: a name that is there is no pattern.
  const isSeveral = stats ? stats.isDirectory() : (await import('../files/match-files.js')).isGlob(input)
  return isSeveral ? undefined : input
}

function sourceOf(input: string, options: ValidateSettings['source'], kept: Checkpoint | undefined) {
  if (input === '-') return stdinSource(options)
  const resumable = { ...options, checkpoint: kept }
  return isS3Url(input) ? s3Source(input, resumable) : fileSource(input, resumable)
}

async function leaveInterrupted(
  { exitCode = exitCodes.failed, name }: Interruption,
  outputs: Split | undefined,
  kept: Checkpoint | undefined,
): Promise<never> {
  // What is not to be gone on with is removed until then: the pipeline fails before its outputs have closed, and an upload takes some requests to abort.
  await letGo(outputs)
  await kept?.closed
  tellHowToGoOn(kept)
  return endInterrupted(exitCode, name)
}

function checkpointOf({ checkpoint: path }: ValidateSettings, input: string): Checkpoint | undefined {
  if (path === undefined) return undefined
  if (input !== '-') return checkpoint(path)
  throw new SluiceError(
    'option/invalid',
    '--checkpoint needs an input that can be read again, and standard input cannot; name a file or s3://bucket/key.',
  )
}

// Where the checkpoint is refused, or its input has changed, the error says what to do.
function tellHowToGoOn(kept: Checkpoint | undefined, failure?: unknown): void {
  const stands = kept?.standsAt
  if (!stands || (isSluiceError(failure) && /^(?:checkpoint\/|input\/changed$)/.test(failure.code))) return
  const where = `after record ${count(stands.records)}`
  process.stderr.write(`sluice: The checkpoint ${printable(kept.path)} stands: the same command goes on ${where}.\n`)
}
