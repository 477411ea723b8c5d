import { compressionOfName } from '../../compression/names.js'
import { readManifest } from '../../files/manifest.js'
import { folderIdentity } from '../../files/scan-folder.js'
import { asksAllTogether } from '../../files/validate-files.js'
import { type FileOutcome, isSluiceError, SluiceError, validateFiles } from '../../index.js'
import { isS3Url } from '../../s3/location.js'
import { wholeViolations } from '../../whole-stream.js'
import { loadDialect } from '../dialect-file.js'
import { endInterrupted, isLimit, isReaderGone } from '../ending.js'
import { exitCodes } from '../exit-codes.js'
import { describeFailure } from '../failure.js'
import { catchSignals } from '../interruption.js'
import { type OutputPlan, planOutputs } from '../outputs.js'
import { showProgress } from '../progress.js'
import { loadWithReferences } from '../schema-file.js'
import type { ValidateSettings } from '../settings.js'
import { tell } from '../tell.js'
import { printable } from '../terminal.js'
import { headerRowReader } from './header-row.js'
import { JoinedOutputs } from './joined-outputs.js'
import { isFaultOfOnePath, MirroredOutputs } from './mirrored-outputs.js'
import { Tally } from './tally.js'
import { TextFile } from './text-file.js'

/** Runs `sluice validate` on several inputs. Gives the exit code; throws what kept the run as a whole from finishing. */
export async function runMany(settings: ValidateSettings): Promise<number> {
  if (settings.checkpoint !== undefined) {
    throw new SluiceError('option/invalid', '--checkpoint is for one input; run each of several by itself, with a checkpoint of its own.')
  }
  const plan = await planOutputs(settings)
  const { schema, references } = await loadWithReferences(settings.schema, settings.references)
  const dialect = settings.dialect === undefined ? undefined : await loadDialect(settings.dialect)
  const { outputDir, reports: reportsPath, jobs } = settings.many
  // Without one of its inputs, nobody can say what a rule over all of them would have said of the rest.
  const failFast = settings.many.failFast || asksAllTogether(schema, { ...settings.options, references, dialect })
  const headerRowOf = headerRowReader({ ...settings.options, dialect })
  const apart = { to: settings.options.to, others: filesOfAll(settings, plan) }
  const outputs = outputDir === undefined ? joined(plan, headerRowOf) : new MirroredOutputs(outputDir, apart)
  const reports = reportsPath === undefined ? undefined : new TextFile(reportsPath)
  const reportPath = plan.paths.report
  const report = reportPath === undefined || reportPath === '-' ? undefined : new TextFile(reportPath)
  const interruption = catchSignals()
  const discard = async () => {
    await Promise.all([outputs instanceof JoinedOutputs && outputs.discard(), reports?.discard(), report?.discard()])
  }
  // At once, since an input may wait for an output that takes long.
  interruption.signal.addEventListener('abort', discard, { once: true })
  // A manifest whose writer stays would keep the process from ending.
  const listing = new AbortController()
  const tally = new Tally()
  const told = settings.progress ?? process.stderr.isTTY ?? false
  const hidesProgress = settings.progress === undefined && plan.standardOutput !== undefined && process.stdout.isTTY
  const progress = told && !hidesProgress ? showProgress(tally, undefined) : undefined
  const begun = performance.now()
  let failure: unknown
  try {
    await outputs.open()
    await reports?.open()
    await report?.open()
    const options = { ...settings.options, references, dialect, jobs, failFast, signal: interruption.signal }
    const sink = (source: string, index: number) => outputs.sink(source, index)
    const inputs = { source: settings.source, skip: await outputsOf(settings) }
    for await (const outcome of validateFiles(wordsOf(settings, listing.signal), schema, { ...options, inputs, sink })) {
      await take(outcome, tally, { reports, outputs })
      if (outputs instanceof JoinedOutputs) outputs.refuseFailed()
      if (failFast && outcome.error) throw outcome.error
    }
    if (tally.finishedCount > 0 && outputs instanceof JoinedOutputs) await outputs.finish(tally.report ? wholeViolations(tally.report) : [])
    await reports?.finish()
    // It comes last: where it stands, the rest is in its place.
    if (tally.report) await report?.write(`${JSON.stringify(tally.report, null, 2)}\n`)
    if (tally.report) await report?.finish()
  } catch (error) {
    failure = error
  }
  progress?.stop()
  listing.abort()
  // The process ends with an interrupt, so nothing may be left to be done by then.
  await discard()
  if (failure !== undefined && interruption.exitCode !== undefined) return endInterrupted(interruption.exitCode, interruption.name)
  interruption.release()
  if (isReaderGone(failure)) return exitCodes.valid
  if (failure !== undefined) throw failure
  await tell(tally.report, { reportTo: plan.reportTo, told, seconds: (performance.now() - begun) / 1000 })
  return tally.exitCode
}

function joined({ paths, whenReaderLeaves }: OutputPlan, headerRowOf: (header: Buffer) => string): JoinedOutputs {
  for (const part of ['valid', 'invalid', 'violations'] as const) {
    if (compressionOfName(paths[part] ?? '') !== 'brotli') continue
    const text = `--${part} ${paths[part]} cannot be joined of several inputs, for brotli has no joints; use .gz or .zst, or --output-dir.`
    throw new SluiceError('option/invalid', text)
  }
  return new JoinedOutputs(paths, whenReaderLeaves, headerRowOf)
}

/** Files that the run has beside the outputs of each input. */
function filesOfAll({ schema, many }: ValidateSettings, { paths }: OutputPlan): [option: string, path: string][] {
  const named = [
    ['--schema', schema],
    ['--report', paths.report],
    ['--reports', many.reports],
  ] as const
  return named.filter((entry): entry is [(typeof entry)[0], string] => entry[1] !== undefined && entry[1] !== '-' && !isS3Url(entry[1]))
}

async function* wordsOf({ inputs, manifest }: ValidateSettings, signal: AbortSignal): AsyncGenerator<string | Buffer> {
  if (inputs.length === 0 && manifest === undefined) yield '-'
  yield* inputs
  if (manifest !== undefined) yield* readManifest(manifest, signal)
}

/** What is made by this run is not to be found by it, in a folder that it looks into. */
async function outputsOf({ outputs, many }: ValidateSettings): Promise<{ folders: Set<string>; files: Set<string> }> {
  const paths = [...Object.values(outputs), many.reports].filter((path) => path !== undefined && path !== '-' && !isS3Url(path))
  const folders = new Set<string>()
  if (many.outputDir !== undefined) {
    folders.add(await folderIdentity(many.outputDir))
  }
  return { folders, files: new Set(paths) }
}

interface Written {
  outputs: JoinedOutputs | MirroredOutputs
  reports: TextFile | undefined
}

/** Counts an outcome, and tells of one that failed. Throws where the outputs can take no more. */
async function take(outcome: FileOutcome, tally: Tally, { outputs, reports }: Written): Promise<void> {
  const { source, error } = outcome
  const isOfItsOwn = outputs instanceof MirroredOutputs && isFaultOfOnePath(error)
  const isOfAll = isSluiceError(error) && ['sink/unwritable', 'native/panic'].includes(error.code)
  if (isReaderGone(error) || (isOfAll && !isOfItsOwn)) throw error
  tally.add(outcome)
  await reports?.write(lineOf(outcome))
  if (!error) return
  const { sentence, code } = describeFailure(error)
  process.stderr.write(
    `sluice: ${isLimit(error) ? 'stopped' : 'failed'}: ${printable(source)}: ${printable(sentence)} [${printable(code)}]\n`,
  )
}

function lineOf({ source, report, error }: FileOutcome): string {
  const told = error && describeFailure(error)
  return `${JSON.stringify({ source, report: report ?? null, error: told ? { code: told.code, message: told.sentence } : null })}\n`
}
