import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { dataDirectory } from './corpora/corpora.mjs'

/** Where a contender writes; each has its own, so that none writes over another's pages. @param {string} contender */
export function outputsOf(contender) {
  const directory = join(dataDirectory, 'out', contender)
  mkdirSync(directory, { recursive: true })
  return { valid: join(directory, 'valid'), violations: join(directory, 'violations.ndjson'), report: join(directory, 'report.json') }
}
