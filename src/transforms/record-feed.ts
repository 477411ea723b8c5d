import { take } from '../native.js'
import type { Feed, FeedHost } from './feed.js'
import type { ValidateOptions } from './options.js'
import { RecordQueue } from './record-queue.js'

/** Takes objects in: as text in batches, while they themselves wait in `queue`. */
export class RecordFeed implements Feed {
  readonly queue = new RecordQueue()
  readonly #host: FeedHost
  readonly #select: ValidateOptions['select']

  constructor(host: FeedHost, select: ValidateOptions['select']) {
    this.#host = host
    this.#select = select
  }

  take(chunk: unknown): void {
    this.queue.add(chunk, this.#select ? this.#select(chunk as never) : chunk)
    if (this.queue.isFull) this.#feedBatch()
    else this.#host.taken(true)
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
    this.#host.taken(false)
  }
}
