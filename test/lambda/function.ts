import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Invocation, RuntimeApi } from './runtime-api.js'

// As scripts/install-lambda-runtime.mjs has it.
const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'sluice')
const runtimePath =
  process.env['SLUICE_LAMBDA_RUNTIME'] || join(cache, 'aws-lambda-ric-3.3.0', 'node_modules', 'aws-lambda-ric', 'bin', 'index.mjs')

/** Why a test on the runtime client of Lambda is skipped; false where it has to run, which with CI=true it always has. */
export const skipWithoutRuntime =
  !existsSync(runtimePath) && process.env['CI'] !== 'true' && 'needs aws-lambda-ric: node scripts/install-lambda-runtime.mjs'

/** A function under the real runtime client, in a process of its own. */
export interface LambdaFunction {
  invoke(event: unknown, timeoutMs?: number): Promise<Invocation>
  /** What it has written to its log. */
  readonly log: string
  /** Ends it, and gives what it told of its start where that failed. */
  stop(): Promise<void>
  initError(): Promise<string>
}

/** Starts `handler` of a module among the functions of these tests, or of the file at `path`. */
export async function startFunction(
  path: string,
  environment: Record<string, string> = {},
  memoryMegabytes = 1024,
): Promise<LambdaFunction> {
  const api = new RuntimeApi()
  const host = await api.start()
  const folder = dirname(path)
  const child = spawn(process.execPath, [runtimePath, `${basename(path, '.js')}.handler`], {
    cwd: folder,
    env: {
      ...process.env,
      ...environment,
      AWS_LAMBDA_RUNTIME_API: host,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMegabytes),
      AWS_LAMBDA_FUNCTION_NAME: 'check',
      LAMBDA_TASK_ROOT: folder,
    },
  })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  let log = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (log += text))
  const ended = once(child, 'exit')
  const closed = once(child, 'close')
  return {
    invoke: (event, timeoutMs) =>
      Promise.race([
        api.invoke(event, timeoutMs),
        ended.then(([code]) => Promise.reject(new Error(`the function ended with ${code} instead of answering: ${log}`))),
      ]),
    get log() {
      return log
    },
    async initError() {
      await ended
      return api.initError ?? ''
    },
    async stop() {
      process.off('exit', kill)
      if (child.exitCode === null && child.signalCode === null) kill()
      // What it wrote is read to the end.
      await closed
      await api.stop()
    },
  }
}

/** The path of a function of these tests. */
export function functionPath(name: string): string {
  return fileURLToPath(new URL(`functions/${name}.js`, import.meta.url))
}
