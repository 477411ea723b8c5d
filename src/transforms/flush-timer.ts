import type { Flight } from './flight.js'

/** Sees to it that a record which comes alone does not wait for a batch to fill. */
export class FlushTimer {
  readonly #ms: number
  readonly #flight: Flight
  readonly #flush: () => void
  #timer: NodeJS.Timeout | undefined

  /** `flush` is called when something has waited for `ms`, and there is a slot. */
  constructor(ms: number, flight: Flight, flush: () => void) {
    this.#ms = ms
    this.#flight = flight
    this.#flush = flush
  }

  /** Something waits. */
  start(): void {
    if (this.#timer) return
    const { submitted } = this.#flight
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      if (this.#flight.isStopped) return
      // A batch has filled meanwhile: what waits now came after it, and has its own time.
      if (this.#flight.submitted !== submitted) this.start()
      // Who waits for a slot already comes this way again once there is one.
      else if (this.#flight.isFull) this.#flight.whenLandedAtLeast(() => this.start())
      else this.#flush()
    }, this.#ms)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
