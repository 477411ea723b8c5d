import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type AnySchema, type Counts, type Report, type ValidateOptions, type Verdict, type Violation, validate, verdictOf } from 'sluice'

/** What a stream of bytes gave, put together. */
export interface Outcome {
  valid: Buffer
  invalid: Buffer
  violations: Buffer
  /** Sums of the counts of all chunks. */
  counts: Counts
  report: Report
}

export type Failure = Error & { code?: string; report?: Report }

export async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const [outcome] = await Promise.allSettled([work])
  if (outcome.status === 'fulfilled') throw new Error('it did not fail')
  return outcome.reason
}

/** Sends `chunks` through validate(), and gathers what comes out with its verdicts. */
export async function runBytes(chunks: Iterable<unknown>, schema: AnySchema, options: ValidateOptions = {}): Promise<Outcome> {
  const valid: Uint8Array[] = []
  const verdicts: Verdict[] = []
  await pipeline(Readable.from(chunks, { objectMode: true }), validate(schema, options), async (output: AsyncIterable<Buffer>) => {
    for await (const chunk of output) {
      valid.push(chunk)
      verdicts.push(verdictOf(chunk) as Verdict)
    }
  })
  const counts: Counts = { read: 0, valid: 0, invalid: 0, violations: 0 }
  for (const verdict of verdicts) {
    for (const [name, count] of Object.entries(verdict.counts) as [keyof Counts, number][]) counts[name] = (counts[name] ?? 0) + count
  }
  return {
    valid: Buffer.concat(valid),
    invalid: Buffer.concat(verdicts.map((verdict) => verdict.invalid)),
    violations: Buffer.concat(verdicts.map((verdict) => verdict.violations)),
    counts,
    report: verdicts.at(-1)?.report as Report,
  }
}

/** The same as texts, with the violations parsed. */
export async function runText(text: string | Buffer, schema: AnySchema, options: ValidateOptions = {}) {
  const { valid, invalid, violations, counts, report } = await runBytes([Buffer.from(text)], schema, options)
  return { valid: valid.toString(), invalid: invalid.toString(), violations: parsed(violations), counts, report }
}

export function parsed(violations: Buffer | string): Violation[] {
  return violations
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

/** The parts of `bytes`, each of `size` bytes but the last. */
export function* pieces(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** A report without what differs from one run to the next. */
export function timeless(report: Report): Omit<Report, 'startedAt' | 'endedAt'> {
  const { startedAt: _started, endedAt: _ended, ...rest } = report
  return rest
}

/** Waits until `isSo`; a test whose wait is in vain is ended by the test runner's own limit. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2))
}

/** Waits until `count` has not changed for a while. */
export async function untilStill(count: () => number): Promise<number> {
  for (let last = -1; last !== count(); ) {
    last = count()
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return count()
}
