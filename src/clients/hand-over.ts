/** Hands what a client pushes to one who pulls. What was put waits until it is taken, so that who pulls sets the pace. */
export class HandOver<T> implements AsyncIterableIterator<readonly T[]> {
  readonly #leave: () => Promise<void>
  readonly #offers: { items: readonly T[]; taken: (isTaken: boolean) => void }[] = []
  #asked: ((result: IteratorResult<readonly T[]>) => void) | undefined
  #refused: ((error: unknown) => void) | undefined
  #fault: { error: unknown } | undefined
  #isLeft = false

  /** `leave` is called once, when nobody will pull any more. */
  constructor(leave: () => Promise<void>) {
    this.#leave = leave
  }

  /**
   * Offers `items`, and tells whether they were taken. `beat` is called first, and every `beatMs` while they wait; when it throws, they are
   * taken back, and this throws. First, because a client that has to rejoin its group still offers, one by one, what it had fetched.
   */
  async put(items: readonly T[], beat: () => Promise<void>, beatMs: number): Promise<boolean> {
    if (!this.#isLeft) await beat()
    if (this.#isLeft) return false
    let isTaken: boolean | undefined
    const offer = { items, taken: (_isTaken: boolean) => {} }
    const taken = new Promise<void>((resolve) => {
      offer.taken = (whether) => {
        isTaken = whether
        resolve()
      }
    })
    this.#offers.push(offer)
    this.#match()
    try {
      while (isTaken === undefined) {
        await within(taken, beatMs)
        if (isTaken === undefined) await beat()
      }
    } finally {
      const at = this.#offers.indexOf(offer)
      if (at !== -1) this.#offers.splice(at, 1)
    }
    return isTaken
  }

  /** Makes the next pull fail. */
  fail(error: unknown): void {
    this.#fault ??= { error }
    this.#match()
  }

  next(): Promise<IteratorResult<readonly T[]>> {
    return new Promise((resolve, reject) => {
      this.#asked = resolve
      this.#refused = reject
      this.#match()
    })
  }

  async return(): Promise<IteratorResult<readonly T[]>> {
    if (!this.#isLeft) {
      this.#isLeft = true
      for (const offer of this.#offers) offer.taken(false)
      this.#match()
      await this.#leave()
    }
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #match(): void {
    const asked = this.#asked
    if (!asked) return
    if (this.#isLeft) asked({ done: true, value: undefined })
    else if (this.#fault) this.#refused?.(this.#fault.error)
    else {
      const offer = this.#offers.shift()
      if (!offer) return
      asked({ done: false, value: offer.items })
      offer.taken(true)
    }
    this.#asked = undefined
    this.#refused = undefined
  }
}

/** Waits for `promise`, but not longer than `ms`. */
async function within(promise: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
