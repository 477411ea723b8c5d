import { encodeRecord } from '../encode.js'
import { take } from '../native.js'
import type { Glance } from '../schema/glance/glance.js'
import type { Feed, FeedHost } from './feed.js'
import type { ValidateOptions } from './options.js'
import { RecordQueue } from './record-queue.js'

/** Takes objects in: as text in batches, while they themselves wait in `queue`. Of one that is valid at a glance no text is made. */
export class RecordFeed implements Feed {
  readonly queue = new RecordQueue()
  readonly #host: FeedHost
  readonly #select: ValidateOptions['select']
  readonly #glance: Glance | undefined

  constructor(host: FeedHost, select: ValidateOptions['select'], glance: Glance | undefined) {
    this.#host = host
    this.#select = select
    this.#glance = glance
  }

  /** Throws `input/record`. */
  take(chunk: unknown): void {
    const record = this.#select ? this.#select(chunk as never) : chunk
    this.queue.add(chunk, this.#glance?.(record) ? '' : encodeRecord(record))
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
