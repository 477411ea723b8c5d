import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import {
  type _Object,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3'

// As scripts/install-s3-server.mjs has it.
const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'sluice')
const serverPath = process.env['SLUICE_S3_SERVER'] || join(cache, 'versitygw-v1.8.0')
const startMsMax = 15_000

/** Why a test on an S3 server is skipped; false where it has to run, which with CI=true it always has. */
export const skipWithoutServer =
  !existsSync(serverPath) && process.env['CI'] !== 'true' && 'needs versitygw: node scripts/install-s3-server.mjs (which needs Go)'

/** A real S3 server on this machine, with one bucket. */
export interface S3Server {
  readonly endpoint: string
  readonly port: number
  readonly bucket: string
  /** A client that is not ours to test with. */
  readonly client: S3Client
  /** What a process needs in its environment to reach the server. */
  readonly environment: Record<string, string>
  put(key: string, body: string | Buffer): Promise<unknown>
  /** The object as text. */
  get(key: string): Promise<string>
  bytes(key: string): Promise<Buffer>
  /** Keys of the uploads that were begun, and neither completed nor aborted. */
  uploads(): Promise<string[]>
  objects(): Promise<_Object[]>
  /** Makes a user who may do nothing; gives the environment to be that user. */
  addUser(name: string): Promise<Record<string, string>>
  stop(): Promise<void>
}

const credentials = { accessKeyId: 'sluice', secretAccessKey: 'sluice-secret' }

/** Starts versitygw over a folder of its own. */
export async function startS3Server(): Promise<S3Server> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-s3-'))
  const bucket = 'bucket'
  const places = ['objects', 'side', 'versions', 'users'].map((name) => join(folder, name))
  const [objects, side, versions, users] = places as [string, string, string, string]
  for (const name of [join(objects, bucket), side, versions, users]) mkdirSync(name, { recursive: true })
  const port = await freePort()
  const words = [
    '--access',
    credentials.accessKeyId,
    '--secret',
    credentials.secretAccessKey,
    '--port',
    `127.0.0.1:${port}`,
    '--quiet',
    '--keep-alive',
    '--iam-dir',
    users,
  ]
  // Beside the objects and not in extended attributes, which a file system of memory may not have.
  const backend = ['posix', '--sidecar', side, '--versioning-dir', versions, objects]
  const child = spawn(serverPath, [...words, ...backend], { stdio: 'ignore' })
  // A test that ends before it stops its server must not leave it to the machine.
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const failed = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the S3 server ended with ${code}`)))
  failed.catch(() => {})
  const endpoint = `http://127.0.0.1:${port}`
  await Promise.race([failed, untilUp(endpoint)])
  const client = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true })
  return {
    endpoint,
    port,
    bucket,
    client,
    environment: environmentOf(endpoint),
    put: (Key, Body) => client.send(new PutObjectCommand({ Bucket: bucket, Key, Body })),
    async get(Key) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }))
      return Body?.transformToString() ?? ''
    },
    async bytes(Key) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }))
      return Buffer.from((await Body?.transformToByteArray()) ?? [])
    },
    async uploads() {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))
      return Uploads.map(({ Key = '' }) => Key)
    },
    async objects() {
      const found: _Object[] = []
      for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket })) found.push(...(page.Contents ?? []))
      return found
    },
    async addUser(name) {
      const keys = { accessKeyId: name, secretAccessKey: `${name}-secret` }
      const as = ['--access', credentials.accessKeyId, '--secret', credentials.secretAccessKey, '--endpoint-url', endpoint]
      const user = ['--access', keys.accessKeyId, '--secret', keys.secretAccessKey, '--role', 'user']
      await promisify(execFile)(serverPath, ['admin', ...as, 'create-user', ...user])
      return { ...environmentOf(endpoint), AWS_ACCESS_KEY_ID: keys.accessKeyId, AWS_SECRET_ACCESS_KEY: keys.secretAccessKey }
    },
    async stop() {
      client.destroy()
      const ended = once(child, 'exit')
      process.off('exit', kill)
      if (child.exitCode === null && kill()) await ended
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

/** The environment by which the SDK's own chain finds the server at `endpoint`. */
export function environmentOf(endpoint: string): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL_S3: endpoint,
    // That a Node is older than the SDK would like is not to be said on standard error.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}

async function untilUp(endpoint: string): Promise<void> {
  for (const begun = Date.now(); Date.now() - begun < startMsMax; await delay(50)) {
    if (await fetch(endpoint).catch(() => undefined)) return
  }
  throw new Error(`the S3 server at ${endpoint} did not come up`)
}
