import { SluiceError } from '../errors.js'
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

/** A text is decoded already, so what encoding its source had does not matter any more, and to read it in that would be wrong. Throws `option/invalid`. */
export function bytesOfText(text: string, encoding: BufferEncoding, asked: string | undefined): Buffer {
  if (asked === undefined || asked === 'utf-8') return Buffer.from(text, encoding)
  throw new SluiceError('option/invalid', `encoding is ${JSON.stringify(asked)}, but the chunks are texts; read the source as bytes.`)
}
