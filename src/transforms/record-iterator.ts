type Step = IteratorResult<unknown, void>

/**
 * The records in batches, one by one: what an async generator with a loop in a loop would be, but with one promise for a record where a
 * generator has three.
 */
export class RecordIterator implements AsyncGenerator<unknown, void, undefined> {
  readonly #batches: AsyncGenerator<unknown[], void, undefined>
  #batch: readonly unknown[] = []
  #at = 0
  /** Settles after all that was asked for and is not answered yet; undefined when nothing is. */
  #last: Promise<unknown> | undefined

  constructor(batches: AsyncGenerator<unknown[], void, undefined>) {
    this.#batches = batches
  }

  next(): Promise<Step> {
    if (this.#last !== undefined || this.#at === this.#batch.length) return this.#inTurn(() => this.#advance())
    const value = this.#batch[this.#at]
    this.#at += 1
    return Promise.resolve({ value, done: false })
  }

  return(): Promise<Step> {
    return this.#inTurn(async () => {
      this.#drop()
      await this.#batches.return()
      return { value: undefined, done: true }
    })
  }

  throw(fault: unknown): Promise<Step> {
    return this.#inTurn(async () => {
      this.#drop()
      await this.#batches.return()
      throw fault
    })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  async #advance(): Promise<Step> {
    while (this.#at === this.#batch.length) {
      const next = await this.#batches.next()
      if (next.done) return { value: undefined, done: true }
      this.#batch = next.value
      this.#at = 0
    }
    const value = this.#batch[this.#at]
    this.#at += 1
    return { value, done: false }
  }

  #drop(): void {
    this.#batch = []
    this.#at = 0
  }

  /** Begins what is asked for when all before it is answered, as a generator does. */
  #inTurn(begin: () => Promise<Step>): Promise<Step> {
    const turn = this.#last === undefined ? begin() : this.#last.then(begin, begin)
    const last: Promise<void> = turn.then(
      () => this.#isAnswered(last),
      () => this.#isAnswered(last),
    )
    this.#last = last
    return turn
  }

  #isAnswered(last: Promise<unknown>): void {
    if (this.#last === last) this.#last = undefined
  }
}
