import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { dataDirectory } from './corpora/corpora.mjs'

/** An interpreter that has duckdb and polars, in an environment of its own that is made the first time. */
export function preparePython() {
  const directory = join(dataDirectory, 'python')
  const python = join(directory, 'bin', 'python3')
  if (!existsSync(python)) execFileSync('python3', ['-m', 'venv', directory], { stdio: 'inherit' })
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'duckdb', 'polars'], { stdio: 'inherit' })
  return python
}
