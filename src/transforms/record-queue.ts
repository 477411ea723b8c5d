import type { BatchVerdict } from '../native.js'
import { groupByRecord, parseViolations } from '../record.js'
import type { Judged } from '../verdict.js'

const recordsMax = 1_024
const textLengthMax = 256 * 1024

/** The objects of a verdict, in order. */
export interface Settled {
  readonly chunks: readonly unknown[]
  /** Index of the first in the stream. */
  readonly start: number
}

/** Objects on their way: their text goes to the threads, they themselves wait here, in order. */
export class RecordQueue {
  #chunks: unknown[] = []
  #text = ''
  #count = 0
  #index = 0

  /** Adds `chunk`, whose record has the JSON text `text`; none where it is known to be valid. */
  add(chunk: unknown, text: string): void {
    this.#text += `${text}\n`
    this.#chunks.push(chunk)
    this.#count += 1
  }

  get isFull(): boolean {
    return this.#count >= recordsMax || this.#text.length >= textLengthMax
  }

  /** The text of those added since the last call, as NDJSON. */
  takeBytes(): Buffer {
    const bytes = Buffer.from(this.#text)
    this.#text = ''
    this.#count = 0
    return bytes
  }

  /** Takes the objects of a verdict out of the queue. */
  settle(verdict: BatchVerdict): Settled {
    const chunks = this.#chunks.splice(0, verdict.readCount)
    const start = this.#index
    this.#index += chunks.length
    return { chunks, start }
  }
}

/** The objects, each with what became of it. */
export function judgedOf({ chunks, start }: Settled, verdict: BatchVerdict): Judged[] {
  const violations = groupByRecord(parseViolations(verdict.violations.toString()))
  const refused = new Set(verdict.refused)
  return chunks.map((record, at) => {
    const index = start + at
    return { record, valid: !refused.has(index), violations: violations.get(index + 1) ?? [], index }
  })
}
