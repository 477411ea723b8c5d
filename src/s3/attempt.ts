import { AttemptCut, type RetryOptions, withRetries } from './retry.js'

/** One attempt: its signal is aborted when the stream's is, and when nothing was heard of the server for too long. */
export class Attempt {
  readonly #controller = new AbortController()
  #timer: NodeJS.Timeout | undefined
  readonly #parent: AbortSignal
  readonly #onAbort = () => this.#controller.abort(this.#parent.reason)

  constructor(parent: AbortSignal, stallTimeoutMs: number | undefined) {
    this.#parent = parent
    if (stallTimeoutMs !== undefined) {
      this.#timer = setTimeout(() => this.#controller.abort(new AttemptCut(`nothing came for ${stallTimeoutMs} ms`)), stallTimeoutMs)
    }
    if (parent.aborted) this.#onAbort()
    else parent.addEventListener('abort', this.#onAbort, { once: true })
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Something was heard. */
  touch(): void {
    this.#timer?.refresh()
  }

  /** To be called at the end, whatever it was. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#parent.removeEventListener('abort', this.#onAbort)
  }

  /** Does `send`; rejects as soon as the signal is aborted, also while the SDK looks for credentials, which it does not give up. */
  async send<Answer>(send: (abortSignal: AbortSignal) => Promise<Answer>): Promise<Answer> {
    const { signal } = this
    signal.throwIfAborted()
    let onAbort = () => {}
    const aborted = new Promise<never>((_resolve, reject) => {
      onAbort = () => reject(signal.reason)
      signal.addEventListener('abort', onAbort, { once: true })
    })
    const answer = send(signal)
    try {
      return await Promise.race([answer, aborted])
    } catch (error) {
      // Should it come after all, its body must not hold a socket.
      answer.then((late) => (late as { Body?: { destroy?(): void } } | undefined)?.Body?.destroy?.()).catch(() => {})
      signal.throwIfAborted()
      throw error
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }
}

export interface RequestOptions extends RetryOptions {
  /** How long the answer may take. Undefined for what may take long by nature (an upload); the client's sockets have a timeout of their own. */
  stallTimeoutMs?: number | undefined
}

/** The answer to a request without a large body, after as many attempts as it takes. */
export function request<Answer>(
  send: (abortSignal: AbortSignal, number: number) => Promise<Answer>,
  { stallTimeoutMs, ...options }: RequestOptions,
): Promise<Answer> {
  return withRetries(async (number) => {
    const attempt = new Attempt(options.signal, stallTimeoutMs)
    try {
      return await attempt.send((abortSignal) => send(abortSignal, number))
    } finally {
      attempt.stop()
    }
  }, options)
}
