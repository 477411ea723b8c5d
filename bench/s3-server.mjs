import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { install, serverPath } from '../scripts/install-s3-server.mjs'

const host = '127.0.0.1'
const keys = ['bench', 'bench-secret']

/** Starts versitygw with the bucket `bench`, and has this process, and its children, find it. */
export async function startServer() {
  const failure = install()
  if (failure !== undefined) throw new Error(`The S3 server cannot be installed: ${failure}`)
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-s3-'))
  const [objects, side] = [join(folder, 'objects'), join(folder, 'side')]
  for (const name of [join(objects, 'bench'), side]) mkdirSync(name, { recursive: true })
  const port = await listening(createServer(), true)
  const words = ['--access', keys[0], '--secret', keys[1], '--port', `${host}:${port}`, '--quiet', '--keep-alive']
  const child = spawn(serverPath, [.../** @type {string[]} */ (words), 'posix', '--sidecar', side, objects], { stdio: 'ignore' })
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: keys[0], AWS_SECRET_ACCESS_KEY: keys[1], AWS_REGION: 'us-east-1' })
  useEndpoint(port)
  while (!(await fetch(`http://${host}:${port}`).catch(() => undefined))) await delay(50)
  const stop = () => {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  }
  process.once('exit', stop)
  return { port, stop }
}

/** @param {number} port */
export function useEndpoint(port) {
  process.env.AWS_ENDPOINT_URL_S3 = `http://${host}:${port}`
}

/**
 * A way to the server on which each answer arrives `delayMs` later, however much of it there is; with `windowBytes`, no more than that is on
 * its way on one connection, as TCP has it.
 * @param {number} port @param {{ delayMs: number, windowBytes?: number }} options
 */
export async function startDistance(port, { delayMs, windowBytes = 2 ** 30 }) {
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ host, port, noDelay: true })
    let onTheWay = 0
    near.pipe(far)
    far.on('data', (chunk) => {
      onTheWay += chunk.length
      if (onTheWay >= windowBytes) far.pause()
      setTimeout(() => {
        near.write(chunk)
        onTheWay -= chunk.length
        if (onTheWay < windowBytes) far.resume()
      }, delayMs)
    })
    far.on('end', () => setTimeout(() => near.end(), delayMs))
    near.on('close', () => far.destroy()).on('error', () => far.destroy())
    far.on('error', () => near.destroy())
  })
  const own = await listening(server, false)
  return { port: own, stop: () => void server.close() }
}

/** @param {import('node:net').Server} server @param {boolean} closeAgain */
async function listening(server, closeAgain) {
  server.listen(0, host)
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  if (closeAgain) await new Promise((closed) => server.close(closed))
  return port
}
