import { take } from '../native.js'
import { type Recycler, recycleKey } from '../recycle.js'
import type { Feed, FeedHost } from './feed.js'

/** Takes chunks of bytes in. */
export class ByteFeed implements Feed {
  readonly #host: FeedHost
  readonly #recycler: Partial<Recycler>

  constructor(host: FeedHost, recycler: Partial<Recycler>) {
    this.#host = host
    this.#recycler = recycler
  }

  take(chunk: Uint8Array): void {
    this.#feed(chunk, 0)
  }

  pushWaiting(): void {}

  #feed(bytes: Uint8Array, start: number): void {
    const { flight } = this.#host
    let at = start
    while (at < bytes.length) {
      at += flight.native.push(bytes, at)
      while (flight.native.isFull) {
        if (flight.isFull) return flight.whenLanded(() => this.#feed(bytes, at))
        if (!flight.submit(take.full)) break
      }
    }
    // Every byte of it was copied into a batch.
    this.#recycler[recycleKey]?.(bytes)
    this.#host.taken(true)
  }
}
