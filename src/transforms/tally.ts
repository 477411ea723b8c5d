import { mergeReports } from '../merge-reports.js'
import { addWarnings, noCounts, type Report, type RuleCount } from '../report.js'
import { refuses, type Violation } from '../violation.js'

/** Counts what rules in JavaScript found, which the addon's report knows nothing of. */
export class Tally {
  readonly #samplesMax: number
  readonly #writtenMax: number
  readonly #rules = new Map<string, RuleCount>()
  #records = 0
  #violations = 0
  #warnings = 0
  #unwritten = 0

  constructor(samplesPerRule: number, violationsPerRecordMax: number) {
    this.#samplesMax = samplesPerRule
    this.#writtenMax = violationsPerRecordMax
  }

  /** Takes the violations of one record, and gives those that are written out. Records come in order. */
  add(violations: readonly Violation[]): Violation[] {
    const refusing = violations.filter(refuses).length
    if (refusing > 0) this.#records += 1
    this.#violations += refusing
    this.#warnings += violations.length - refusing
    this.#unwritten += Math.max(0, violations.length - this.#writtenMax)
    for (const violation of violations) this.#count(violation)
    return violations.slice(0, this.#writtenMax)
  }

  #count({ field, code, rule, severity, source, record, line, byte, column, value }: Violation): void {
    const key = JSON.stringify([field, code, rule, severity])
    const known = this.#rules.get(key)
    const name = { field, keyword: null, code, ...(rule !== undefined && { rule }), ...(severity !== undefined && { severity }) }
    const counted = known ?? { ...name, count: 0, samples: [] }
    if (!known) this.#rules.set(key, counted)
    counted.count += 1
    if (counted.samples.length < this.#samplesMax) counted.samples.push({ source, record, line, byte, column, value })
  }

  /** The report with them. */
  settled(report: Report): Report {
    if (this.#rules.size === 0) return report
    // What was said of the records as a whole stays as it is: it is not counted here.
    const { streamRules, ...rest } = report
    const { counts } = rest
    const valid = counts.valid - this.#records
    const whole = { ...rest, counts: { ...counts, valid, invalid: counts.invalid + this.#records } }
    const own = addWarnings({ ...noCounts, violations: this.#violations }, this.#warnings)
    const rules = [...this.#rules.values()]
    // A merge brings the rules into their one order.
    const merged = mergeReports(whole, { ...rest, bytes: 0, undecided: 0, counts: own, violationsUnwritten: this.#unwritten, rules })
    return streamRules ? { ...merged, streamRules } : merged
  }
}
