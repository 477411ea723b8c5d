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
