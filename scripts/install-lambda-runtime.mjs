// Installs the runtime client of Lambda for the tests, once a version, where the tests look for it. It has C++ to build, which takes a minute or
// three the first time, and needs autoconf, automake, libtool, cmake, make and a compiler.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const version = '3.3.0'
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'sluice')
const folder = join(cache, `aws-lambda-ric-${version}`)

/** The program that asks the Runtime API for events: SLUICE_LAMBDA_RUNTIME, or in the cache. */
export const runtimePath = process.env.SLUICE_LAMBDA_RUNTIME || join(folder, 'node_modules', 'aws-lambda-ric', 'bin', 'index.mjs')

/** Installs it unless it is there; gives what went wrong, or undefined. */
export function install() {
  if (existsSync(runtimePath)) return undefined
  const missing = ['autoconf', 'automake', 'libtoolize', 'cmake', 'make'].filter((name) => spawnSync(name, ['--version']).error)
  if (missing.length > 0)
    return `${missing.join(', ')} must be installed first (Debian: apt-get install autoconf automake libtool cmake make)`
  const own = join(cache, `install-lambda-${process.pid}`)
  mkdirSync(own, { recursive: true })
  try {
    // Its install script builds the native part; npm 11 runs those alone that are named.
    writeFileSync(join(own, 'package.json'), '{ "private": true, "allowScripts": { "aws-lambda-ric": true } }\n')
    const words = ['install', '--no-save', '--no-audit', '--no-fund', `aws-lambda-ric@${version}`]
    const { status, error, stderr } = spawnSync('npm', words, { cwd: own, encoding: 'utf8' })
    if (status !== 0) return error?.message ?? stderr.trim().split('\n').slice(-3).join(' ')
    if (!existsSync(join(own, 'node_modules', 'aws-lambda-ric', 'dist', 'rapid-client.node'))) return 'its native part was not built'
    // Another process may be doing the same: the one that is first stays, and they are alike.
    if (!existsSync(folder)) renameSync(own, folder)
    return undefined
  } finally {
    rmSync(own, { recursive: true, force: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const failure = install()
  if (failure !== undefined) {
    console.error(`The runtime client of Lambda for the tests cannot be installed: ${failure}`)
    console.error('Without it the tests of Lambda say that they skip; where all have to run (CI=true), they fail.')
  }
}
