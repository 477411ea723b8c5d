import { setTimeout as delay } from 'node:timers/promises'
import { s3Limits } from './limits.js'

// What others see as the usual first wait, and a longer one where the server says that it is asked too often.
const waitMs = 100
const throttledWaitMs = 500
const waitMsMost = 20_000

const transientCodes = new Set([
  ...['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH'],
  'ERR_STREAM_PREMATURE_CLOSE',
])
const transientNames = new Set([
  ...['TimeoutError', 'RequestTimeout', 'RequestTimeoutException', 'RequestTimeTooSkewed', 'InternalError'],
  // A role's credentials that ran out on the way are fetched anew by the SDK.
  'ExpiredToken',
])
const throttlingNames = new Set(['SlowDown', 'Throttling', 'ThrottlingException', 'TooManyRequestsException', 'RequestLimitExceeded'])
// Not a matter of time: what is not implemented, an HTTP version that is not spoken.
const lastingStatuses = new Set([501, 505])

interface Fault {
  name?: string
  code?: string
  $metadata?: { httpStatusCode?: number }
  $response?: { headers?: Record<string, string> }
}

/** The attempt brought nothing for too long, or less than it should have: worth another one. */
export class AttemptCut extends Error {}

/** No attempt succeeded; `cause` is how the last one failed. */
export class AttemptsExhausted extends Error {
  readonly attempts: number

  constructor(attempts: number, cause: unknown) {
    super(`it failed ${attempts} times`, { cause })
    this.attempts = attempts
  }
}

export interface RetryOptions {
  attemptsMax: number
  /** Ends waiting and all attempts. */
  signal: AbortSignal
}

/**
 * Does `attempt` until it succeeds, with waits of full jitter that double from 100 ms on (from 500 ms where the server is asked too often) up
 * to 20 s, and at least as long as a Retry-After says. Rejects at once for what another attempt would not change.
 */
export async function withRetries<T>(attempt: (number: number) => Promise<T>, { attemptsMax, signal }: RetryOptions): Promise<T> {
  for (let number = 1; ; number += 1) {
    try {
      return await attempt(number)
    } catch (error) {
      signal.throwIfAborted()
      const askedMs = retryAfterMs(error)
      if (!isTransient(error)) throw error
      if (number >= attemptsMax || askedMs > s3Limits.retryAfterMsMax.default) throw new AttemptsExhausted(number, error)
      const base = isThrottling(error) ? throttledWaitMs : waitMs
      await delay(askedMs + Math.random() * Math.min(waitMsMost, base * 2 ** (number - 1)), undefined, { signal })
    }
  }
}

/** True for what may be different the next time: the network, a server's fault, being asked too often. */
export function isTransient(error: unknown): boolean {
  if (error instanceof AttemptCut) return true
  const { name = '', code = '', $metadata } = error as Fault
  const status = $metadata?.httpStatusCode ?? 0
  if (transientNames.has(name) || transientCodes.has(code) || isThrottling(error)) return true
  return status === 408 || (status >= 500 && !lastingStatuses.has(status))
}

function isThrottling(error: unknown): boolean {
  const { name = '', $metadata } = error as Fault
  return throttlingNames.has(name) || $metadata?.httpStatusCode === 429 || $metadata?.httpStatusCode === 503
}

// Seconds, or a date.
function retryAfterMs(error: unknown): number {
  const headers = Object.entries((error as Fault).$response?.headers ?? {})
  const text = headers.find(([name]) => name.toLowerCase() === 'retry-after')?.[1]
  if (text === undefined) return 0
  const asked = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now()
  return Number.isNaN(asked) ? 0 : Math.max(0, asked)
}
