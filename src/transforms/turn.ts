/** How long objects are handed on without a pause before timers, sockets and whoever else waits for the event loop have their turn. */
const turnMs = 4
/** Objects from one look at the clock to the next. */
const objectsPerLook = 32
/** When the event loop's turn that is going on was first looked at: it is the same one for all streams. */
let began: number | undefined

/**
 * Keeps a stream that hands objects on at once from holding the event loop for long. Where a parser makes objects of a whole chunk without a pause, giving
 * way lets nobody in and only piles them up, so it is tried once.
 */
export class Turn {
  readonly #pilesUp: () => boolean
  #objects = 0
  #givesWay = true

  /** `pilesUp` tells whether the source goes on while it is asked to wait. */
  constructor(pilesUp: () => boolean) {
    this.#pilesUp = pilesUp
  }

  /** One more object was handed on, with much work where it `wasMuch`. True where others are to have their turn now: `goOn` is called after it. */
  giveWay(goOn: () => void, wasMuch = false): boolean {
    this.#objects += 1
    if (!this.#givesWay || (!wasMuch && this.#objects < objectsPerLook)) return false
    this.#objects = 0
    const now = performance.now()
    if (began === undefined) {
      began = now
      setImmediate(() => {
        began = undefined
      })
    }
    if (now - began < turnMs) return false
    setImmediate(() => {
      this.#givesWay = !this.#pilesUp()
      goOn()
    })
    return true
  }
}
