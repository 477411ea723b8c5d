import { asError, type BatchVerdict, type NativeStream, submit, take } from '../native.js'

/** What a flight of batches asks of its stream. */
export interface FlightHost {
  /** Deals with the verdict of the next batch in order; the batch holds its slot until then. */
  land(verdict: BatchVerdict): Promise<void>
  /** Runs a step, and fails the stream with what it throws. */
  guard(step: () => void): void
  fail(error: Error): void
  /** Nothing of the stream is wanted any more. */
  isDestroyed(): boolean
}

/** The batches of one stream that are under way: no more than there are slots, and landing in the order in which they set out. */
export class Flight {
  readonly native: NativeStream
  /** No batch lands any more. */
  isStopped = false
  readonly #host: FlightHost
  readonly #slots: number
  readonly #verdicts: Promise<BatchVerdict>[] = []
  #inFlight = 0
  #submitted = 0
  #isLanding = false
  #goOn: (() => void) | undefined

  constructor(native: NativeStream, slots: number, host: FlightHost) {
    this.native = native
    this.#slots = slots
    this.#host = host
  }

  /** Batches that set out until now. */
  get submitted(): number {
    return this.#submitted
  }

  get isFull(): boolean {
    return this.#inFlight >= this.#slots
  }

  get isIdle(): boolean {
    return this.#inFlight === 0 && !this.#isLanding
  }

  /** Runs `step` once a batch has landed. There is one such step at most: the stream does one thing at a time. */
  whenLanded(step: () => void): void {
    this.#goOn = step
  }

  /** The same, where nothing else waits for it. */
  whenLandedAtLeast(step: () => void): void {
    this.#goOn ??= step
  }

  /** Hands a batch to the threads: see `submit` of the addon's Stream. False when there is none. */
  submit(how: number): boolean {
    const promise = submit(this.native, how)
    if (!promise) return false
    this.#inFlight += 1
    this.#submitted += 1
    // Its rejection is heard in order, by #land; this keeps Node from calling it unhandled until then.
    promise.catch(() => {})
    this.#verdicts.push(promise)
    if (!this.#isLanding) void this.#land()
    return true
  }

  /** Hands over all whole records there are, which are several batches where these are small; false where some may be left for want of a slot. */
  submitWhole(): boolean {
    while (!this.isFull) if (!this.submit(take.partial)) return true
    return false
  }

  async #land(): Promise<void> {
    this.#isLanding = true
    try {
      for (let next = this.#verdicts.shift(); next && !this.isStopped; next = this.#verdicts.shift()) {
        const verdict = await next
        await this.#host.land(verdict)
        if (this.#host.isDestroyed()) return
        this.#inFlight -= 1
        if (!this.isStopped) this.#resume()
      }
    } catch (fault) {
      this.#host.fail(asError(fault))
    } finally {
      this.#isLanding = false
    }
    if (!this.isStopped) this.#resume()
  }

  #resume(): void {
    const goOn = this.#goOn
    this.#goOn = undefined
    if (goOn && !this.#host.isDestroyed()) this.#host.guard(goOn)
  }
}
