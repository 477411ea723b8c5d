import type { BatchRecords } from '../native.js'

/** Where a record of a batch went. */
export interface RecordPlace {
  readonly isRefused: boolean
  /** First byte, and past the last one, among the valid bytes of the batch or among the invalid ones. */
  readonly start: number
  readonly end: number
  /** Bytes of the other kind before it. */
  readonly other: number
  /** Its number in the source; 0 for what is left of a record that an earlier batch refused. */
  readonly record: number
  readonly line: number
  readonly byte: number
}

const width = 7

/** The records of a batch, in the order of the source. */
export function* placesOf({ places }: BatchRecords): Generator<RecordPlace> {
  for (let at = 0; at < places.length; at += width) {
    const [isRefused, start, end, other, record, line, byte] = places.subarray(at, at + width) as unknown as number[] as [
      ...[number, number, number, number, number, number, number],
    ]
    yield { isRefused: isRefused === 1, start, end, other, record, line, byte }
  }
}

/** The pointer to a record in its JSON document; undefined where there is no document. */
export function recordPointerOf({ trails }: BatchRecords, record: number): string | undefined {
  const trail = trails.findLast((each) => each.record <= record)
  if (!trail) return undefined
  return trail.index === undefined || trail.index === null ? trail.pointer : `${trail.pointer}/${trail.index + record - trail.record}`
}
