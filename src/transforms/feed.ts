import type { Flight } from './flight.js'

/** What a feed asks of its stream. */
export interface FeedHost {
  readonly flight: Flight
  /** The chunk was taken: the next one may come. `waits` when part of it waits for its batch to fill. */
  taken(waits: boolean): void
}

/** Takes chunks in, as batches. */
export interface Feed {
  take(chunk: unknown): void
  /** Gives the addon all that waits on this side. */
  pushWaiting(): void
}
