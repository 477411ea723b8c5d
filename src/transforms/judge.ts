import { type Finding, isThenable, judgedByAll, type RecordCheck } from '../schema/checks.js'

/** Runs the checks on records, `concurrency` records at once where checks answer with promises. Gives what was found, by index. */
export async function judgeAll(
  records: readonly unknown[],
  checks: readonly RecordCheck[],
  concurrency: number,
): Promise<Map<number, readonly Finding[]>> {
  const found = new Map<number, readonly Finding[]>()
  const waiting = new Set<Promise<void>>()
  const keep = (index: number, findings: readonly Finding[]) => {
    if (findings.length > 0) found.set(index, findings)
  }
  for (const [index, record] of records.entries()) {
    const outcome = judgedByAll(checks, record)
    if (!isThenable(outcome)) {
      keep(index, outcome)
      continue
    }
    const judged: Promise<void> = outcome.then((findings) => {
      waiting.delete(judged)
      keep(index, findings)
    })
    waiting.add(judged)
    if (waiting.size >= concurrency) await Promise.race(waiting)
  }
  await Promise.all(waiting)
  return found
}
