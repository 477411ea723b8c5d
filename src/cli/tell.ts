import type { Report } from '../index.js'
import { writeStandardError, writeStandardOutput } from './standard-streams.js'
import { summaryOf, tableOf } from './summary.js'
import { painter, wantsColour } from './terminal.js'

/** The report as JSON where it was asked for, and the table and summary where someone is looking. */
export async function tell(
  report: Report | undefined,
  /** `from`: bytes that an earlier run read, in a time of its own. */
  how: { reportTo: 'stdout' | 'stderr' | undefined; told: boolean; seconds: number; from?: number },
): Promise<void> {
  if (report === undefined) return
  const json = `${JSON.stringify(report, null, 2)}\n`
  // Standard error holds the JSON alone then, so that it can be read by a program.
  if (how.told && how.reportTo !== 'stderr') tellOnTerminal(report, how)
  if (how.reportTo === 'stdout') await writeStandardOutput(json)
  if (how.reportTo === 'stderr') await writeStandardError(json)
}

function tellOnTerminal(report: Report, { seconds, from = 0 }: { seconds: number; from?: number }): void {
  const paint = painter(wantsColour(process.stderr))
  process.stderr.write(
    `${tableOf(report, paint, process.stderr.columns)}${summaryOf({ ...report, bytes: report.bytes - from }, seconds, paint)}\n`,
  )
}
