import { type Finding, isThenable, type RecordCheck } from '../schema/checks.js'

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
    const outcomes = checks.map((check) => check.judge(record))
    if (!outcomes.some(isThenable)) {
      keep(index, (outcomes as (readonly Finding[])[]).flat())
      continue
    }
    const judged: Promise<void> = Promise.all(outcomes).then((findings) => {
      waiting.delete(judged)
      keep(index, findings.flat())
    })
    waiting.add(judged)
    if (waiting.size >= concurrency) await Promise.race(waiting)
  }
  await Promise.all(waiting)
  return found
}
