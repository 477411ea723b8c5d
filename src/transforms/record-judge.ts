import type { BatchVerdict } from '../native.js'
import type { Finding } from '../schema/checks.js'
import { pointerOf, violationOf } from '../schema/finding.js'
import type { Judged } from '../verdict.js'
import { refuses, type Violation } from '../violation.js'
import { parseAll } from './batch-values.js'
import { type JudgedBytes, type Judging, unsaid } from './byte-judge.js'
import { judgeAll } from './judge.js'

/**
 * Runs the rules in JavaScript on the valid objects of a batch. `select` gives what is checked of each; objects whose strings are cells are
 * judged as the values that the cells stand for.
 */
export async function judgeRecords(
  batch: Judged[],
  verdict: BatchVerdict,
  judging: Judging,
  select: (chunk: unknown) => unknown,
): Promise<{ batch: Judged[] } & Omit<JudgedBytes, 'refusedValues'>> {
  if (judging.checks.length === 0) return { batch, before: verdict, verdict }
  const valid = batch.filter((judged) => judged.valid)
  const parsed = verdict.records && parseAll(verdict.records, judging.checks)
  const values = parsed?.values ?? valid.map(({ record }) => select(record))
  const found = new Map(await judgeAll(values, judging.checks, judging.concurrency))
  for (const index of parsed?.unsayable ?? []) found.set(index, unsaid(judging.checks))
  const before = judging.lateStop?.ofRecords(verdict, batch, found) ?? verdict
  const kept = batch.slice(0, before.readCount)
  const told = new Map<Judged, Judged>()
  let { invalidCount, violationCount, warningCount } = before
  let abort: Violation | undefined
  for (const [at, judged] of kept.filter((each) => each.valid).entries()) {
    const findings = found.get(at)
    if (!findings) continue
    const violations = findings.map((finding) => violation(finding, judged.index, judging.source))
    const refusing = violations.filter(refuses).length
    violationCount += refusing
    warningCount += violations.length - refusing
    invalidCount += refusing > 0 ? 1 : 0
    abort ??= violations.find(({ severity }) => severity === 'abort')
    const written = [...judged.violations, ...judging.tally.add(violations)]
    told.set(judged, { ...judged, valid: refusing === 0, violations: written })
  }
  const verdictNow = { ...before, invalidCount, violationCount, warningCount }
  return { batch: kept.map((judged) => told.get(judged) ?? judged), before, verdict: verdictNow, abort }
}

function violation(finding: Finding, index: number, source: string | null) {
  return violationOf(finding, { source, record: index + 1, line: null, byte: null, column: null, pointer: pointerOf(finding.path) })
}
