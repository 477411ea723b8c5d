import type { BatchVerdict } from '../native.js'
import type { Finding } from '../schema/checks.js'
import { failed } from '../schema/checks.js'
import { pointerOf, violationOf } from '../schema/finding.js'
import type { Judged } from '../verdict.js'
import { parseAll } from './batch-values.js'
import type { Judging } from './byte-judge.js'
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
): Promise<{ batch: Judged[]; verdict: BatchVerdict }> {
  if (judging.checks.length === 0) return { batch, verdict }
  const valid = batch.filter((judged) => judged.valid)
  const parsed = verdict.records && parseAll(verdict.records)
  const values = parsed?.values ?? valid.map(({ record }) => select(record))
  const found = new Map(await judgeAll(values, judging.checks, judging.concurrency))
  const reason = new RangeError('the record has a number that JavaScript only knows as Infinity')
  for (const index of parsed?.unsayable ?? []) {
    const failures = judging.checks.flatMap(({ id }) => failed(id, reason))
    found.set(index, failures)
  }
  let violationCount = 0
  const refused = new Map<Judged, Judged>()
  for (const [at, judged] of valid.entries()) {
    const findings = found.get(at)
    if (!findings) continue
    const violations = findings.map((finding) => violation(finding, judged.index, judging.source))
    violationCount += violations.length
    refused.set(judged, { ...judged, valid: false, violations: judging.tally.add(violations) })
  }
  const { invalidCount } = verdict
  return {
    batch: batch.map((judged) => refused.get(judged) ?? judged),
    verdict: { ...verdict, invalidCount: invalidCount + refused.size, violationCount: verdict.violationCount + violationCount },
  }
}

function violation(finding: Finding, index: number, source: string | null) {
  return violationOf(finding, { source, record: index + 1, line: null, byte: null, column: null, pointer: pointerOf(finding.path) })
}
