import type { BatchRecords } from '../native.js'

/** The values of a chunk's records, not parsed yet. */
export interface ChunkValues {
  readonly records: BatchRecords
  /** Those of them that a rule in JavaScript refused, 0-based. */
  readonly refused: ReadonlySet<number>
  /** They were parsed, and their bytes are gone. */
  isTaken?: boolean
}

// Symbol.for, so that two copies of the package in one program understand each other.
const valuesKey = Symbol.for('sluice.values')
/** The method by which `records()` asks a stream for the values of its records, before the first chunk. */
export const askForValuesKey = Symbol.for('sluice.askForValues')

export interface Valued {
  [askForValuesKey](): void
}

export function withValues(chunk: Buffer, values: ChunkValues): Buffer {
  return Object.defineProperty(chunk, valuesKey, { value: values })
}

/** The values that a chunk carries; undefined for any other value. */
export function valuesOf(chunk: unknown): ChunkValues | undefined {
  return chunk instanceof Uint8Array ? (chunk as { [valuesKey]?: ChunkValues })[valuesKey] : undefined
}
