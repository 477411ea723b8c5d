import { mergeJson } from './native.js'
import type { Report } from './report.js'

/**
 * One report of several: of the parts of a source, of several files, threads, tries or machines. In any order and any grouping the
 * outcome is the same. Throws `report/mismatch` for reports of different schemas, `report/invalid` for what is no report.
 */
export function mergeReports(...reports: Report[]): Report {
  return JSON.parse(mergeJson(reports.map((report) => JSON.stringify(report))))
}
