import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { performance } from 'node:perf_hooks'
import { buffer } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { install, runtimePath } from '../scripts/install-lambda-runtime.mjs'

const folder = fileURLToPath(new URL('.', import.meta.url))

/**
 * One cold start: the runtime client is started, gets one event, answers it and is ended.
 * @param {string} handler of lambda-function.mjs @param {unknown} event @param {number} memoryMegabytes
 * @returns {Promise<{ ms: number, invocationMs: number, peakBytes: number, body: string }>} from its spawn, and from the event, to its answer
 */
export async function coldStart(handler, event, memoryMegabytes = 1024) {
  const failure = install()
  if (failure !== undefined) throw new Error(`The runtime client of Lambda cannot be installed: ${failure}`)
  let handedOutAt = 0
  /** @type {(told: { path: string, body: string }) => void} */
  let tell = () => {}
  const told = new Promise((resolve) => {
    tell = resolve
  })
  const server = createServer(async (request, response) => {
    const path = request.url ?? ''
    if (path.endsWith('/invocation/next')) {
      // The second asking is for an event that does not come.
      if (handedOutAt > 0) return
      handedOutAt = performance.now()
      response.writeHead(200, {
        'content-type': 'application/json',
        'lambda-runtime-aws-request-id': '00000000-0000-4000-8000-000000000001',
        'lambda-runtime-deadline-ms': String(Date.now() + 300_000),
        'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:us-east-1:000000000000:function:bench',
        'lambda-runtime-trace-id': 'Root=1-00000000-000000000000000000000000',
      })
      response.end(JSON.stringify(event))
      return
    }
    const body = (await buffer(request)).toString()
    response.writeHead(202).end('{}')
    tell({ path, body })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  const begun = performance.now()
  const child = spawn(process.execPath, [runtimePath, `lambda-function.${handler}`], {
    cwd: folder,
    stdio: 'ignore',
    env: {
      ...process.env,
      AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMegabytes),
      BENCH_HANDLER: handler,
    },
  })
  const { path, body } = await told
  const [ms, invocationMs] = [performance.now() - begun, performance.now() - handedOutAt]
  const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? []
  child.kill('SIGKILL')
  await once(child, 'exit')
  server.close()
  server.closeAllConnections()
  if (!path.endsWith('/response')) throw new Error(`The function failed: ${body}`)
  return { ms, invocationMs, peakBytes: Number(kilobytes) * 1024, body }
}
