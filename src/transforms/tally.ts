import { mergeReports } from '../merge-reports.js'
import type { Report, RuleCount } from '../report.js'
import type { Violation } from '../violation.js'

/** Counts what rules in JavaScript refused, which the addon's report knows nothing of. */
export class Tally {
  readonly #samplesMax: number
  readonly #writtenMax: number
  readonly #rules = new Map<string, RuleCount>()
  #records = 0
  #violations = 0
  #unwritten = 0

  constructor(samplesPerRule: number, violationsPerRecordMax: number) {
    this.#samplesMax = samplesPerRule
    this.#writtenMax = violationsPerRecordMax
  }

  /** Takes the violations of one refused record, and gives those that are written out. Records come in order. */
  add(violations: readonly Violation[]): Violation[] {
    this.#records += 1
    this.#violations += violations.length
    this.#unwritten += Math.max(0, violations.length - this.#writtenMax)
    for (const violation of violations) this.#count(violation)
    return violations.slice(0, this.#writtenMax)
  }

  #count({ field, code, rule, source, record, line, byte, column, value }: Violation): void {
    const key = JSON.stringify([field, code, rule])
    const known = this.#rules.get(key)
    const counted = known ?? { field, keyword: null, code, ...(rule !== undefined && { rule }), count: 0, samples: [] }
    if (!known) this.#rules.set(key, counted)
    counted.count += 1
    if (counted.samples.length < this.#samplesMax) counted.samples.push({ source, record, line, byte, column, value })
  }

  /** The report with them. */
  settled(report: Report): Report {
    if (this.#records === 0) return report
    const { counts } = report
    const nothing = Object.fromEntries(Object.keys(counts).map((name) => [name, 0])) as unknown as Report['counts']
    const valid = counts.valid - this.#records
    const whole = { ...report, counts: { ...counts, valid, invalid: counts.invalid + this.#records } }
    const own = { ...nothing, violations: this.#violations }
    const rules = [...this.#rules.values()]
    // A merge brings the rules into their one order.
    return mergeReports(whole, { ...report, bytes: 0, undecided: 0, counts: own, violationsUnwritten: this.#unwritten, rules })
  }
}
