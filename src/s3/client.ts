import type { S3Client } from '@aws-sdk/client-s3'
import { SluiceError } from '../errors.js'
import type { S3ClientOptions } from './client-options.js'

type Sdk = typeof import('@aws-sdk/client-s3')

/** A client to send by, and the package that makes its commands. */
export interface S3Connection {
  readonly sdk: Sdk
  readonly client: S3Client
  /** To be called once: a client that nobody uses is closed, with its sockets. */
  release(): void
}

// More than any number of streams is likely to want; a request that waits for a socket would look like one that has stalled.
const socketsMax = 1024
const connectionTimeoutMs = 10_000

// Streams that run at once share a client, for each new one has to find the credentials again.
const shared = new Map<string, { client: S3Client; users: number }>()

/** Gives a client for `options`, with `stallTimeoutMs` as what a socket may be idle. Rejects with package/missing. */
export async function connect(options: S3ClientOptions, stallTimeoutMs: number): Promise<S3Connection> {
  const sdk = await loadSdk()
  if (options.client) return { sdk, client: options.client as S3Client, release() {} }
  const { region, endpoint, forcePathStyle = isForeign(endpoint ?? endpointOfEnvironment()) } = options
  const key = JSON.stringify([region, endpoint, forcePathStyle, stallTimeoutMs])
  const entry = shared.get(key) ?? { client: newClient(sdk, { region, endpoint, forcePathStyle }, stallTimeoutMs), users: 0 }
  shared.set(key, entry)
  entry.users += 1
  const release = () => {
    entry.users -= 1
    if (entry.users > 0) return
    shared.delete(key)
    entry.client.destroy()
  }
  return { sdk, client: entry.client, release }
}

function newClient(sdk: Sdk, { region, endpoint, forcePathStyle }: S3ClientOptions, stallTimeoutMs: number): S3Client {
  const agent = { maxSockets: socketsMax }
  return new sdk.S3Client({
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    ...(forcePathStyle && { forcePathStyle }),
    // Attempts are counted in one place (retry.ts), which knows of bodies too.
    maxAttempts: 1,
    // A range has no checksum of its own, and the whole object's is verified by the source.
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestChecksumCalculation: 'WHEN_REQUIRED',
    // Waiting for "100 Continue" would take a connection of its own for each part.
    expectContinueHeader: false,
    requestHandler: { httpAgent: agent, httpsAgent: agent, connectionTimeout: connectionTimeoutMs, socketTimeout: stallTimeoutMs },
  })
}

async function loadSdk(): Promise<Sdk> {
  try {
    return await import('@aws-sdk/client-s3')
  } catch (cause) {
    throw new SluiceError('package/missing', 'S3 needs the package @aws-sdk/client-s3; install it: npm install @aws-sdk/client-s3.', {
      cause,
    })
  }
}

function endpointOfEnvironment(): string | undefined {
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS } = process.env
  return AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === 'true' ? undefined : AWS_ENDPOINT_URL_S3 || AWS_ENDPOINT_URL || undefined
}

// Other servers seldom have a name for each bucket.
function isForeign(endpoint: string | undefined): boolean {
  return endpoint !== undefined && !/\.amazonaws\.com(?:\.cn)?(?::\d+)?\/?$/.test(endpoint)
}
