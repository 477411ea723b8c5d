import type { Message, MessagePosition } from '../message.js'

/** A client's messages, and how they are committed: both are for `split` and `verdicts` of `validateMessages`. */
export interface MessageClient<M extends Message> extends AsyncIterable<M | readonly M[]> {
  /**
   * Commits positions to the group. Those of partitions that this consumer has lost are dropped without an error: what was not committed
   * comes again, to whoever has them now. Rejects when the broker refuses for another reason.
   */
  commit(positions: readonly MessagePosition<M>[]): Promise<void>
}
