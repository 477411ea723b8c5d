// Installs the S3 server of the tests, once a version, where the tests look for it. It needs Go, and takes a minute or two the first time.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const version = 'v1.8.0'
const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'sluice')

/** Where the server is, or will be: SLUICE_S3_SERVER, or the cache. */
export const serverPath = process.env.SLUICE_S3_SERVER || join(folder, `versitygw-${version}`)

/** Installs it unless it is there; gives what went wrong, or undefined. */
export function install() {
  if (existsSync(serverPath)) return undefined
  const own = join(folder, `install-${process.pid}`)
  mkdirSync(own, { recursive: true })
  try {
    const { status, error, stderr } = spawnSync('go', ['install', `github.com/versity/versitygw/cmd/versitygw@${version}`], {
      env: { ...process.env, GOBIN: own },
      encoding: 'utf8',
    })
    if (status !== 0) return error?.message ?? stderr.trim().split('\n').at(-1)
    // Another process may be doing the same: the one that is renamed last stays, and they are alike.
    renameSync(join(own, 'versitygw'), serverPath)
    return undefined
  } finally {
    rmSync(own, { recursive: true, force: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const failure = install()
  if (failure !== undefined) {
    console.error(`The S3 server of the tests cannot be installed: ${failure}`)
    console.error('Without it the tests of S3 say that they skip; where all have to run (CI=true), they fail.')
  }
}
