import { pipeline } from 'node:stream/promises'
import {
  type Checkpoint,
  checkpoint,
  fileSource,
  isSluiceError,
  type Report,
  SluiceError,
  s3Source,
  split,
  stdinSource,
  validate,
} from '../index.js'
import { isS3Url } from '../s3/location.js'
import { loadDialect } from './dialect-file.js'
import { exitCodes } from './exit-codes.js'
import { reportFailure } from './failure.js'
import { inputSize } from './input-size.js'
import { catchSignals } from './interruption.js'
import { planOutputs } from './outputs.js'
import { showProgress } from './progress.js'
import { count } from './quantities.js'
import { loadWithReferences } from './schema-file.js'
import type { ValidateSettings } from './settings.js'
import { writeStandardError, writeStandardOutput } from './standard-streams.js'
import { summaryOf, tableOf } from './summary.js'
import { painter, printable, wantsColour } from './terminal.js'

type Check = ReturnType<typeof validate>

/** Runs `sluice validate`. Gives the exit code; throws what kept it from finishing. */
export async function runValidate(settings: ValidateSettings): Promise<number> {
  const plan = await planOutputs(settings)
  const { schema, references } = await loadWithReferences(settings.schema, settings.references)
  const dialect = settings.dialect === undefined ? undefined : await loadDialect(settings.dialect)
  const kept = checkpointOf(settings)
  const check = validate(schema, { ...settings.options, references, dialect, checkpoint: kept })
  const source = sourceOf(settings.input, kept)
  const toldOnTerminal = settings.progress ?? process.stderr.isTTY ?? false
  // Records that go to the terminal themselves would be torn by a line that keeps changing.
  const hidesProgress = settings.progress === undefined && plan.standardOutput !== undefined && process.stdout.isTTY
  const interruption = catchSignals()
  const progress = toldOnTerminal && !hidesProgress ? showProgress(check, inputSize(settings.input)) : undefined
  const begun = performance.now()
  let failure: unknown
  try {
    await pipeline(source, check, split(plan.sinks(), { checkpoint: kept }), { signal: interruption.signal })
  } catch (error) {
    failure = error
  } finally {
    progress?.stop()
    interruption.release()
  }
  if (failure !== undefined && interruption.exitCode !== undefined)
    return await endInterrupted(interruption.exitCode, interruption.name, kept)
  if (isReaderGone(failure)) return exitCodes.valid
  const stopped = isSluiceError(failure, 'limit/max-errors') || isSluiceError(failure, 'limit/undecided')
  if (failure !== undefined && !stopped) {
    tellHowToGoOn(kept, failure)
    throw failure
  }
  await tell(check, { ...plan, told: toldOnTerminal, seconds: (performance.now() - begun) / 1000, from: kept?.resumedFrom?.bytes ?? 0 })
  if (stopped) reportFailure(failure)
  if (stopped) return exitCodes.stopped
  return check.counts.valid === check.counts.read ? exitCodes.valid : exitCodes.invalid
}

function sourceOf(input: string, kept: Checkpoint | undefined) {
  if (input === '-') return stdinSource()
  return isS3Url(input) ? s3Source(input) : fileSource(input, { checkpoint: kept })
}

function checkpointOf({ checkpoint: path, input }: ValidateSettings): Checkpoint | undefined {
  if (path === undefined) return undefined
  if (input !== '-') return checkpoint(path)
  throw new SluiceError('option/invalid', '--checkpoint needs an input that can be read again, and standard input cannot; name a file.')
}

/** The report as JSON where it was asked for, and the table and summary where someone is looking. */
async function tell(
  check: Check,
  how: { reportTo: 'stdout' | 'stderr' | undefined; told: boolean; seconds: number; from: number },
): Promise<void> {
  const { report } = check
  if (report === undefined) return
  const json = `${JSON.stringify(report, null, 2)}\n`
  // Standard error holds the JSON alone then, so that it can be read by a program.
  if (how.told && how.reportTo !== 'stderr') tellOnTerminal(report, how)
  if (how.reportTo === 'stdout') await writeStandardOutput(json)
  if (how.reportTo === 'stderr') await writeStandardError(json)
}

function tellOnTerminal(report: Report, { seconds, from }: { seconds: number; from: number }): void {
  const paint = painter(wantsColour(process.stderr))
  // An earlier run read what came before, in a time of its own.
  const own = { ...report, bytes: report.bytes - from }
  process.stderr.write(`${tableOf(report, paint, process.stderr.columns)}${summaryOf(own, seconds, paint)}\n`)
}

// Where the checkpoint is refused, or its input has changed, the error says what to do.
function tellHowToGoOn(kept: Checkpoint | undefined, failure?: unknown): void {
  const stands = kept?.standsAt
  if (!stands || (isSluiceError(failure) && /^(?:checkpoint\/|input\/changed$)/.test(failure.code))) return
  const where = `after record ${count(stands.records)}`
  process.stderr.write(`sluice: The checkpoint ${printable(kept.path)} stands: the same command goes on ${where}.\n`)
}

// The system's error may come as it is, or as the cause of ours.
function isReaderGone(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return (error as NodeJS.ErrnoException).code === 'EPIPE' || (error.cause as NodeJS.ErrnoException | undefined)?.code === 'EPIPE'
}

async function endInterrupted(exitCode: number, name: string, kept: Checkpoint | undefined): Promise<never> {
  // What is not to be gone on with is removed until then.
  await kept?.closed
  tellHowToGoOn(kept)
  process.stderr.write(`sluice: Interrupted. [${name}]\n`)
  // Not left to the event loop: standard output may have bytes that its reader does not take, and an interrupt is to end the process.
  process.exit(exitCode)
}
