import type { Readable } from 'node:stream'

/**
 * The method by which a stream that has copied a chunk gives it back to the source that it is piped from.
 *
 * Fresh memory for each read would be garbage at the rate of the input, and V8 lets some 64 MB of that pile up before it looks. A source
 * takes a chunk back only where nobody else can have kept it.
 */
export const recycleKey = Symbol.for('sluice.recycle')

export interface Recycler {
  [recycleKey](chunk: Uint8Array): void
}

/**
 * The method by which a sink that has written bytes of a verdict lets the stream that it is piped from free them at once.
 *
 * Else they are garbage at the rate of the output, and looking for it takes a third of all the time. Nothing is freed where somebody else
 * can have kept the bytes.
 */
export const releaseKey = Symbol.for('sluice.release')

export interface Releaser {
  [releaseKey](bytes: Uint8Array): void
}

/** Whether a stream has been read by one consumer alone, since whoever else has read of it may have kept its chunks. */
export class SoleConsumer {
  readonly #stream: Readable
  #hadOthers = false

  constructor(stream: Readable) {
    this.#stream = stream
    stream.on('newListener', (event) => {
      if (event === 'readable' || (event === 'data' && stream.listenerCount('data') > 0)) this.#hadOthers = true
    })
  }

  /** No more than one now, and never another: at the end of a pipe there is none any more. */
  get isSole(): boolean {
    return !this.#hadOthers && this.#stream.listenerCount('data') <= 1
  }
}
