import { accessSync, constants, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { dataDirectory } from './corpora/corpora.mjs'

const memory = '/dev/shm'

/** A file system in memory where there is one: what a disk does on its own time is in nobody's ratio. */
const root = isWritable(memory) ? join(memory, `sluice-bench-${process.pid}`) : join(dataDirectory, 'out')

process.once('exit', clearOutputs)
// Memory that nobody owns is not given back by itself.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130))

/** Where a contender writes; each has its own. @param {string} contender */
export function outputsOf(contender) {
  const directory = join(root, contender)
  mkdirSync(directory, { recursive: true })
  return { valid: join(directory, 'valid'), violations: join(directory, 'violations.ndjson'), report: join(directory, 'report.json') }
}

/** Empties a contender's directory, so that each turn begins as the first did. @param {{ report?: string } | undefined} outputs */
export function emptyOutputs(outputs) {
  for (const path of Object.values(outputs ?? {})) rmSync(path, { force: true })
}

function clearOutputs() {
  rmSync(root, { recursive: true, force: true })
}

/** @param {string} directory */
function isWritable(directory) {
  try {
    accessSync(directory, constants.W_OK)
    return true
  } catch {
    return false
  }
}
