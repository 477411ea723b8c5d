import type { Report, RuleCount } from '../index.js'
import { count, megabytes } from './quantities.js'
import { fitted, type Paint, printable } from './terminal.js'

const rulesMax = 20
const columnsDefault = 100
const wholeRecord = '(record)'

/** The rules that records did not meet, most violated first, with where each was first not met; empty when all were. `columns`: of the terminal. */
export function tableOf({ rules }: Pick<Report, 'rules'>, paint: Paint, columns: number | undefined): string {
  if (rules.length === 0) return ''
  const rows = rules
    .slice(0, rulesMax)
    .map((rule) => [count(rule.count), printable(rule.field ?? rule.rule ?? wholeRecord), codeOf(rule), firstOf(rule)])
  const heads = ['count', 'field', 'rule', 'first']
  const widest = (column: number) => Math.max(...[heads, ...rows].map((row) => (row[column] as string).length))
  const [counts, codes, firsts] = [widest(0), widest(2), widest(3)]
  // The field gives way where the terminal is narrow: it is the only text without a bound.
  const fields = Math.min(widest(1), Math.max(8, (columns || columnsDefault) - counts - codes - firsts - 6))
  const line = ([total = '', field = '', code = '', first = '']: string[], painted: Paint) =>
    [
      painted('red', total.padStart(counts)),
      painted('bold', fitted(field, fields).padEnd(fields)),
      painted('yellow', code.padEnd(codes)),
      painted('dim', first),
    ].join('  ')
  const dim: Paint = (_style, text) => paint('dim', text)
  const rest = rules.length > rulesMax ? [paint('dim', `and ${count(rules.length - rulesMax)} more rules; the report has them all`)] : []
  return [line(heads, dim), ...rows.map((row) => line(row, paint)), ...rest].map((each) => `${each}\n`).join('')
}

/** One line of what became of the records, and how fast. */
export function summaryOf(
  report: Pick<Report, 'counts' | 'bytes' | 'complete' | 'encoding' | 'delimiter' | 'delimiterConfidencePercent'>,
  seconds: number,
  paint: Paint,
): string {
  const { counts, bytes, complete } = report
  const invalid = `${count(counts.invalid)} invalid`
  const parts = [
    `${count(counts.read)} read`,
    paint('green', `${count(counts.valid)} valid`),
    counts.invalid > 0 ? paint('red', invalid) : invalid,
    ...(counts.warnings ? [paint('yellow', `${count(counts.warnings)} ${counts.warnings === 1 ? 'warning' : 'warnings'}`)] : []),
    `${megabytes(seconds > 0 ? bytes / seconds : 0)}/s`,
    `${seconds.toFixed(2)} s`,
    ...readAs(report),
  ]
  return `${parts.join(', ')}${complete ? '' : paint('red', ' (stopped before the end)')}`
}

// What was found out about the input, and not said by anyone.
function readAs({
  encoding,
  delimiter,
  delimiterConfidencePercent: percent,
}: Pick<Report, 'encoding' | 'delimiter' | 'delimiterConfidencePercent'>): string[] {
  const found = delimiter === '\t' ? 'a tab' : `'${delimiter}'`
  return [
    ...(encoding === null || encoding === 'utf-8' ? [] : [encoding]),
    ...(percent === null ? [] : [`delimiter ${found} (${percent}% sure)`]),
  ]
}

/** What is no error is told by its severity. */
function codeOf({ code, severity }: RuleCount): string {
  return severity === undefined ? printable(code) : `${printable(code)} (${severity})`
}

function firstOf({ samples }: RuleCount): string {
  const [first] = samples
  if (first === undefined) return ''
  return first.line === null ? `record ${count(first.record)}` : `line ${count(first.line)}`
}
