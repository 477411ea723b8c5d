import { encodeRecord } from '../encode.js'
import { take } from '../native.js'
import type { Glance } from '../schema/glance/glance.js'
import type { Ahead } from './ahead.js'
import type { Feed, FeedHost } from './feed.js'
import type { ValidateOptions } from './options.js'
import { RecordQueue } from './record-queue.js'
import { Turn } from './turn.js'

/** What a feed of objects asks of its stream. */
export interface RecordFeedHost extends FeedHost {
  /** Runs a step, and fails the stream with what it throws. */
  guard(step: () => void): void
  isDestroyed(): boolean
  /** The source goes on while it is asked to wait. */
  pilesUp(): boolean
  /** Hands an object on that is valid. */
  handOn(chunk: unknown): void
}

/** How objects are looked at on this thread, where they are. */
export interface Looks {
  readonly glance: Glance | undefined
  /** Valid objects may be handed on ahead of their batch. */
  readonly ahead: Ahead | undefined
}

/**
 * Takes objects in: as text in batches, while they themselves wait in `queue`. Of one that is valid at a glance no text is made, and where it need
 * not wait for others it is handed on at once.
 */
export class RecordFeed implements Feed {
  readonly queue = new RecordQueue()
  readonly #host: RecordFeedHost
  readonly #select: ValidateOptions['select']
  readonly #looks: Looks
  readonly #turn: Turn
  readonly #goOn = () => {
    if (!this.#host.isDestroyed()) this.#host.guard(() => this.#taken())
  }

  constructor(host: RecordFeedHost, select: ValidateOptions['select'], looks: Looks) {
    this.#host = host
    this.#select = select
    this.#looks = looks
    this.#turn = new Turn(() => host.pilesUp())
  }

  /** Throws `input/record`. */
  take(chunk: unknown): void {
    const record = this.#select ? this.#select(chunk as never) : chunk
    const { glance, ahead } = this.#looks
    if (glance?.(record)) {
      ahead?.pass()
      return this.#takeValid(chunk)
    }
    const text = encodeRecord(record)
    const known = this.queue.isOpen ? 'open' : ahead?.ask(text)
    if (known === 'valid') return this.#takeValid(chunk, true)
    if (known === 'refused') this.queue.addRefused(chunk, text)
    else this.queue.add(chunk, text)
    this.#taken()
  }

  /** Its text is not needed, but an empty line that has it counted. */
  #takeValid(chunk: unknown, wasAsked = false): void {
    const { ahead } = this.#looks
    if (!ahead || this.queue.isOpen) {
      this.queue.add(chunk, '')
      return this.#taken()
    }
    this.queue.addHandedOn()
    this.#host.handOn(chunk)
    if (this.#host.isDestroyed() || this.#turn.giveWay(this.#goOn, wasAsked)) return
    this.#taken()
  }

  #taken(): void {
    if (this.queue.isFull) this.#feedBatch()
    else this.#host.taken(this.queue.waits)
  }

  pushWaiting(): void {
    const { flight } = this.#host
    const bytes = this.queue.takeBytes()
    for (let at = 0; at < bytes.length; ) {
      at += flight.native.push(bytes, at)
      if (flight.native.isFull) flight.submit(take.full)
    }
  }

  #feedBatch(): void {
    const { flight } = this.#host
    if (flight.isFull) return flight.whenLanded(() => this.#feedBatch())
    this.pushWaiting()
    while (flight.native.isFull && flight.submit(take.full));
    flight.submit(take.partial)
    // Where batches have few lines, some are left.
    this.#host.taken(true)
  }
}
