import { ownFiles, refuseOwnFiles } from '../checkpoint/own-files.js'
import { fileSink, SluiceError, type SplitTarget, type SplitTargets, stdoutSink } from '../index.js'
import { isS3Url } from '../s3/location.js'
import { isDevice, refuseSamePaths } from '../same-path.js'
import { followLinks, inheritedDescriptor } from '../sinks/open-output.js'
import type { OutputSettings, ValidateSettings } from './settings.js'

type OutputName = keyof OutputSettings

/** Where everything goes. */
export interface OutputPlan {
  /** What goes to standard output while the stream runs; undefined when nothing does. */
  standardOutput: OutputName | 'reports' | undefined
  /** Where the report is printed after the end; undefined when it is not. */
  reportTo: 'stdout' | 'stderr' | undefined
  /** What was asked for, `-` for standard output under any of its names. */
  paths: OutputSettings
  /** What an output does whose reader goes away. */
  whenReaderLeaves: 'stop' | 'drain'
  /** The outputs for split(); to be called once, for it opens them. */
  sinks(): SplitTargets
}

/**
 * Decides what goes where. Valid records go to standard output unless they, or standard output, were given another use.
 * Throws option/invalid for two outputs on standard output, sink/same-path for two on one path or one on the schema's,
 * and for either on a file of the checkpoint's own.
 */
export async function planOutputs(
  settings: Pick<ValidateSettings, 'outputs' | 'json' | 'schema'> & Partial<Pick<ValidateSettings, 'many' | 'checkpoint' | 'dialect'>>,
): Promise<OutputPlan> {
  const named = Object.entries(settings.outputs).map(async ([name, path]) => [name, await standardOutputOr(path)] as const)
  const paths = Object.fromEntries(await Promise.all(named)) as unknown as OutputSettings
  const { outputDir, reports: reportsPath } = settings.many ?? {}
  const reports = await standardOutputOr(reportsPath)
  if (![...Object.values(paths), reports].includes('-') && outputDir === undefined) paths.valid ??= '-'
  const entries = Object.entries(paths).filter((entry): entry is [OutputName, string] => entry[1] !== undefined)
  const onStandardOutput: (OutputName | 'reports')[] = entries.filter(([, path]) => path === '-').map(([name]) => name)
  if (reports === '-') onStandardOutput.push('reports')
  if (onStandardOutput.length > 1) {
    throw new SluiceError(
      'option/invalid',
      `--${onStandardOutput.join(' and --')} both go to standard output, and only one output can; give the others files.`,
    )
  }
  const { checkpoint, dialect } = settings
  const files = entries.filter(([, path]) => path !== '-').map(([name, path]) => [`--${name}`, path] as const)
  refuseSamePaths([
    ...(checkpoint === undefined ? [] : ownFiles('--checkpoint', checkpoint)),
    ['--schema', settings.schema],
    ...(reports === undefined || reports === '-' ? [] : [['--reports', reports] as const]),
    ...files,
  ])
  if (checkpoint !== undefined && dialect !== undefined) refuseOwnFiles(checkpoint, [['--dialect', dialect]])
  const standardOutput = onStandardOutput[0] === 'report' ? undefined : onStandardOutput[0]
  if (checkpoint !== undefined && standardOutput) {
    throw new SluiceError(
      'option/invalid',
      `--checkpoint needs files, and ${standardOutput} goes to standard output, where nothing can be taken back; give --${standardOutput} a file.`,
    )
  }
  const reportTo = paths.report === '-' ? 'stdout' : settings.json ? (standardOutput ? 'stderr' : 'stdout') : undefined
  // When anything else was asked for, a reader that leaves must not keep it from being completed.
  const whenReaderLeaves = entries.length > 1 || reportTo || reports ? 'drain' : 'stop'
  return {
    standardOutput,
    reportTo,
    paths,
    whenReaderLeaves,
    sinks() {
      const sink = (path: string | undefined) => (path === undefined || checkpoint !== undefined ? path : sinkFor(path, whenReaderLeaves))
      const { valid, invalid, violations, report } = paths
      return { valid: sink(valid), invalid: sink(invalid), violations: sink(violations), report: report === '-' ? undefined : sink(report) }
    },
  }
}

/** `-` for what names standard output in another way (`/dev/stdout`, a link to it), and would be mixed into it; else the path. */
async function standardOutputOr(path: string | undefined): Promise<string | undefined> {
  if (path === undefined || path === '-' || isS3Url(path)) return path
  // What cannot be looked at is not standard output; opening it will tell what it is.
  const { target } = await followLinks(path).catch(() => ({ target: path }))
  return [path, target].some((name) => inheritedDescriptor(name) === 1) ? '-' : path
}

// A file is left to split(), which opens all of its files before anything is read.
function sinkFor(path: string, whenReaderLeaves: 'stop' | 'drain'): SplitTarget {
  if (path === '-') return stdoutSink({ whenReaderLeaves })
  return isDevice(path) ? fileSink(path, { whenReaderLeaves }) : path
}
