import { setMaxListeners } from 'node:events'
import { SluiceError } from '../errors.js'
import type { LambdaContext } from './context.js'
import { lambdaLimit } from './limits.js'

export interface DeadlineOptions {
  /** How long before the end of the invocation nothing more is read, so that there is time to finish and to tell. Default 5,000. */
  stopMarginMs?: number | undefined
  /** How long before the end of the invocation outputs that are still not finished are taken back. Default 1,500; less than `stopMarginMs`. */
  abortMarginMs?: number | undefined
}

export interface DeadlineMargins {
  stopMs: number
  abortMs: number
}

/** Throws option/invalid. */
export function deadlineMargins(options: DeadlineOptions): DeadlineMargins {
  const stopMs = lambdaLimit('stopMarginMs', options.stopMarginMs)
  const abortMs = lambdaLimit('abortMarginMs', options.abortMarginMs)
  if (abortMs < stopMs) return { stopMs, abortMs }
  throw new SluiceError('option/invalid', `abortMarginMs (${abortMs}) must be less than stopMarginMs (${stopMs}).`)
}

/** The time of one invocation: two signals before its end. Whoever makes one closes it. */
export class Deadline {
  readonly #stop = new AbortController()
  readonly #abort = new AbortController()
  readonly #timers: NodeJS.Timeout[] = []

  /** Throws `limit/deadline` where there is no time for anything. */
  constructor(context: LambdaContext, { stopMs, abortMs }: DeadlineMargins) {
    const remainingMs = context.getRemainingTimeInMillis()
    if (remainingMs <= stopMs) {
      throw new SluiceError(
        'limit/deadline',
        `The invocation has ${Math.round(remainingMs)} ms, of which stopMarginMs (${stopMs}) are kept for its end; give the function a longer timeout.`,
      )
    }
    for (const [controller, marginMs] of [[this.#stop, stopMs] as const, [this.#abort, abortMs] as const]) {
      // One for each stream of an invocation; they go with it.
      setMaxListeners(0, controller.signal)
      this.#timers.push(setTimeout(() => controller.abort(), remainingMs - marginMs))
    }
  }

  /** Nothing more is to be read. */
  get stop(): AbortSignal {
    return this.#stop.signal
  }

  /** What is not finished is to be taken back. */
  get abort(): AbortSignal {
    return this.#abort.signal
  }

  /** Settles as `work` does, or with undefined when there is no more time to wait for it. */
  async within<T>(work: Promise<T>): Promise<T | undefined> {
    const { signal } = this.#abort
    let over = () => {}
    const ended = new Promise<undefined>((resolve) => {
      over = () => resolve(undefined)
      if (signal.aborted) over()
      else signal.addEventListener('abort', over, { once: true })
    })
    // It may still fail when nobody listens any more.
    work.catch(() => {})
    try {
      return await Promise.race([work, ended])
    } finally {
      signal.removeEventListener('abort', over)
    }
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer)
  }
}
