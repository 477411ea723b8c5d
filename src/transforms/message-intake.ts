import { types } from 'node:util'
import { bytesOf, type Message, refuseNoMessage } from '../message.js'

/** What a batch may take of what may be in flight: so the next is checked while one is being written and another gathered. */
const batchShare = 4

/** How much may be in flight. */
export interface InFlightLimits {
  messagesMax: number
  bytesMax: number
}

/** What was taken at once, and the room that it takes until it is released. */
export interface Taken<M extends Message> {
  readonly messages: M[]
  readonly count: number
  /** As they were counted when they came: whoever has a message may let go of its value. */
  readonly bytes: number
}

/**
 * Takes messages from a source for as long as there is room: what was taken and not yet given back by `release` is in flight, and bounded.
 * A batch is whatever is there, so a message that comes alone does not wait, and a flood comes in large batches.
 */
export class MessageIntake<M extends Message> {
  readonly #limits: InFlightLimits
  readonly #source: AsyncIterable<unknown> & { destroy?: () => void }
  readonly #iterator: AsyncIterator<M | readonly M[]>
  readonly #gathered: M[] = []
  /** Of each that is gathered. */
  readonly #sizes: number[] = []
  #messagesInFlight = 0
  #bytesInFlight = 0
  #isStopped = false
  #isEnded = false
  #isWaiting = false
  #fault: { error: unknown } | undefined
  #whenRoom: (() => void) | undefined
  #whenChanged: (() => void) | undefined
  #abandonNext: (() => void) | undefined

  constructor(source: AsyncIterable<M | readonly M[]>, limits: InFlightLimits) {
    this.#limits = limits
    this.#source = source
    this.#iterator = source[Symbol.asyncIterator]()
    void this.#read()
  }

  /**
   * The messages that are there, at least one; undefined at the end. Rejects as the source did, once what came before has been taken.
   */
  async take(): Promise<Taken<M> | undefined> {
    while (this.#gathered.length === 0) {
      if (this.#fault) throw this.#fault.error
      if (this.#isEnded) return undefined
      await new Promise<void>((resolve) => {
        this.#whenChanged = resolve
      })
    }
    const messagesMax = Math.ceil(this.#limits.messagesMax / batchShare)
    const bytesMax = this.#limits.bytesMax / batchShare
    let bytes = 0
    let count = 0
    while (count < this.#gathered.length && count < messagesMax && bytes < bytesMax) {
      bytes += this.#sizes[count] as number
      count += 1
    }
    this.#sizes.splice(0, count)
    return { messages: this.#gathered.splice(0, count), count, bytes }
  }

  /** Makes room: what was taken has been dealt with. */
  release({ count, bytes }: Taken<M>): void {
    this.#messagesInFlight -= count
    this.#bytesInFlight -= bytes
    this.#whenRoom?.()
  }

  /** Takes no more; what was taken is still given. */
  stop(): void {
    this.#isStopped = true
    this.#abandonNext?.()
    this.#whenRoom?.()
  }

  /** Lets go of the source. */
  async close(): Promise<void> {
    this.stop()
    const left = this.#iterator.return?.()
    // An async generator hears of this only when what it waits for has come, which may be never; so a stream's is ended by its stream.
    if (!this.#isWaiting || !types.isGeneratorObject(this.#iterator)) await left
    else left?.catch(() => {})
    if (this.#isWaiting) this.#source.destroy?.()
  }

  async #read(): Promise<void> {
    try {
      for (let next = await this.#next(); next && !next.done; next = await this.#next()) {
        const messages: readonly M[] = Array.isArray(next.value) ? next.value : [next.value as M]
        for (const message of messages) {
          while (!this.#hasRoom && !this.#isStopped) await this.#room()
          if (this.#isStopped) return
          this.#add(message)
        }
      }
    } catch (error) {
      this.#fault = { error }
    } finally {
      this.#isEnded = true
      this.#whenChanged?.()
    }
  }

  get #hasRoom(): boolean {
    return (
      this.#messagesInFlight === 0 || (this.#messagesInFlight < this.#limits.messagesMax && this.#bytesInFlight < this.#limits.bytesMax)
    )
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenRoom = resolve
    })
  }

  #add(message: M): void {
    refuseNoMessage(message)
    const bytes = bytesOf(message)
    this.#messagesInFlight += 1
    this.#bytesInFlight += bytes
    this.#sizes.push(bytes)
    this.#gathered.push(message)
    this.#whenChanged?.()
  }

  /** What the source gives next; undefined when there is no more wanting it. */
  #next(): Promise<IteratorResult<M | readonly M[]> | undefined> {
    if (this.#isStopped) return Promise.resolve(undefined)
    this.#isWaiting = true
    return new Promise((resolve, reject) => {
      this.#abandonNext = () => resolve(undefined)
      const came = () => {
        this.#isWaiting = false
      }
      this.#iterator.next().finally(came).then(resolve, reject)
    })
  }
}
