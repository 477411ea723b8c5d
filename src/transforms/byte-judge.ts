import type { BatchRecords, BatchVerdict } from '../native.js'
import type { Finding, RecordCheck } from '../schema/checks.js'
import { failed, weighed } from '../schema/checks.js'
import { type Place, pointerOf, violationOf } from '../schema/finding.js'
import type { RefusedSpan } from '../verdict.js'
import { refuses, type Violation } from '../violation.js'
import { parseAll } from './batch-values.js'
import { judgeAll } from './judge.js'
import type { LateStop } from './late-stop.js'
import { placesOf, type RecordPlace, recordPointerOf } from './places.js'
import type { Tally } from './tally.js'

/** What rules in JavaScript are given, and where they tell what they found. */
export interface Judging {
  readonly checks: readonly RecordCheck[]
  /** Records that are judged at once. */
  readonly concurrency: number
  readonly tally: Tally
  /** Where they may stop the stream. */
  readonly lateStop: LateStop | undefined
  readonly source: string | null
  /** Violations have columns, and no pointers. */
  isCsv(): boolean
}

/** A batch after the rules in JavaScript, too. */
export interface JudgedBytes {
  /** As it was before, up to where the stream is stopped. */
  readonly before: BatchVerdict
  readonly verdict: BatchVerdict
  /** Those of `verdict.records` that a rule in JavaScript refused, 0-based. */
  readonly refusedValues: ReadonlySet<number>
  /** By what a rule in JavaScript stops the stream. */
  readonly abort?: Violation | undefined
}

const none: ReadonlySet<number> = new Set()

/** Runs the rules in JavaScript on the valid records of a batch of bytes, and moves those that break one to the invalid ones. */
export async function judgeBytes(batch: BatchVerdict, judging: Judging): Promise<JudgedBytes> {
  if (judging.checks.length === 0 || !batch.records) return { before: batch, verdict: batch, refusedValues: none }
  const { values, unsayable } = parseAll(batch.records, judging.checks)
  const found = new Map(await judgeAll(values, judging.checks, judging.concurrency))
  for (const index of unsayable) found.set(index, unsaid(judging.checks))
  const before = judging.lateStop?.ofBytes(batch, found) ?? batch
  if (found.size === 0 || !before.records) return { before, verdict: before, refusedValues: none }
  return { before, ...movedTo(before, before.records, found, judging) }
}

/** What checks find in a record that they cannot be given. */
export function unsaid(checks: readonly RecordCheck[]): readonly Finding[] {
  const reason = new RangeError('the record has a number that JavaScript only knows as Infinity')
  return checks.flatMap((check) => weighed(failed(check.id, reason), check))
}

/** A verdict in which the records of which something refusing was `found` are invalid. Both outputs keep the order of the source. */
function movedTo(
  verdict: BatchVerdict,
  records: BatchRecords,
  found: ReadonlyMap<number, readonly Finding[]>,
  judging: Judging,
): Omit<JudgedBytes, 'before'> {
  const { valid, invalid } = verdict
  const { spans, originals } = records.results ?? { spans: undefined, originals: valid }
  const [validParts, invalidParts]: [Buffer[], Buffer[]] = [[], []]
  const own: { record: number; text: string }[] = []
  const refusedValues = new Set<number>()
  let abort: Violation | undefined
  let [validAt, invalidAt, index] = [0, 0, 0]
  let { invalidCount, violationCount, warningCount } = verdict
  for (const place of placesOf(records)) {
    if (place.isRefused) continue
    const at = index
    index += 1
    const findings = found.get(at)
    if (!findings) continue
    const violations = violationsOf(findings, place, records, judging)
    const refusing = violations.filter(refuses).length
    violationCount += refusing
    warningCount += violations.length - refusing
    abort ??= violations.find(({ severity }) => severity === 'abort')
    if (refusing > 0) {
      refusedValues.add(at)
      // What is refused goes as it came, also where valid records do not.
      const [start, end] = spans ? (spans.subarray(2 * at, 2 * at + 2) as unknown as [number, number]) : [place.start, place.end]
      validParts.push(valid.subarray(validAt, start))
      invalidParts.push(invalid.subarray(invalidAt, place.other), originals.subarray(place.start, place.end))
      validAt = end
      invalidAt = place.other
      invalidCount += 1
    }
    const written = judging.tally.add(violations)
    own.push({ record: place.record, text: written.map((violation) => `${JSON.stringify(violation)}\n`).join('') })
  }
  const moved = {
    valid: Buffer.concat([...validParts, valid.subarray(validAt)]),
    invalid: Buffer.concat([...invalidParts, invalid.subarray(invalidAt)]),
    violations: interleaved(verdict.violations, own),
  }
  return { verdict: { ...verdict, ...moved, invalidCount, violationCount, warningCount }, refusedValues, abort }
}

function violationsOf(findings: readonly Finding[], place: RecordPlace, records: BatchRecords, { source, isCsv }: Judging): Violation[] {
  const { record, line, byte } = place
  const recordPointer = recordPointerOf(records, record)
  const at: Place = { source, record, line, byte, column: null, ...(recordPointer !== undefined && { recordPointer }) }
  return findings.map((finding) => violationOf(finding, isCsv() ? at : { ...at, pointer: pointerOf(finding.path) }))
}

/** Violations as NDJSON, those of Rust and our own, in the order of records. */
function interleaved(theirs: Buffer, own: readonly { record: number; text: string }[]): Buffer {
  if (theirs.length === 0) return Buffer.from(own.map(({ text }) => text).join(''))
  const lines = theirs
    .toString()
    .split('\n')
    .slice(0, -1)
    .map((line) => ({ record: recordOf(line), text: `${line}\n` }))
  const merged = [...lines, ...own].sort((one, other) => one.record - other.record)
  return Buffer.from(merged.map(({ text }) => text).join(''))
}

/** The number of the record of a violation. Quotes within a JSON string are escaped, so what is looked for stands in none. */
function recordOf(line: string): number {
  const name = '"record":'
  return Number.parseInt(line.slice(line.lastIndexOf(name) + name.length), 10)
}

/** All records of a batch in the order of the source, with where the refused ones are. */
export function inOrder({ verdict, refusedValues }: JudgedBytes, before: BatchVerdict): { bytes: Buffer; refused: RefusedSpan[] } {
  const parts: Buffer[] = []
  const refused: RefusedSpan[] = []
  let [validAt, length, index] = [0, 0, 0]
  const push = (part: Buffer) => {
    parts.push(part)
    length += part.length
  }
  for (const { isRefused, start, end, other } of placesOf(verdict.records as BatchRecords)) {
    if (isRefused) {
      push(before.valid.subarray(validAt, other))
      validAt = other
      push(before.invalid.subarray(start, end))
    } else {
      push(before.valid.subarray(validAt, end))
      validAt = end
      const isOurs = refusedValues.has(index)
      index += 1
      if (!isOurs) continue
    }
    refused.push({ start: length - (end - start), end: length })
  }
  push(before.valid.subarray(validAt))
  return { bytes: Buffer.concat(parts), refused }
}
