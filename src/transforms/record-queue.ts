import type { BatchVerdict } from '../native.js'
import { groupByRecord, parseViolations } from '../record.js'
import type { Judged } from '../verdict.js'

const recordsMax = 1_024
const textLengthMax = 256 * 1024
/** Records in one batch where most were handed on already: of these there is only a line. */
const linesMax = 8_192

/** The objects of a verdict that are still here, in order. */
export interface Settled {
  readonly chunks: readonly unknown[]
  /** Of each, within the stream. */
  readonly indexes: readonly number[]
  /** How many of the verdict's were handed on already. */
  readonly handedOnCount: number
}

/** Objects on their way: their text goes to the threads, they themselves wait here, in order. */
export class RecordQueue {
  #chunks: unknown[] = []
  #indexes: number[] = []
  /** Of what is not taken yet: the text but the empty lines at its end, how many these are, records whose object is here, and all. */
  #text = ''
  #emptyLines = 0
  #count = 0
  #lines = 0
  /** Indexes within the stream: of the next object to come, of the next one to settle, and of the next one to be dealt with. */
  #added = 0
  #settled = 0
  #landed = 0
  #lastOpen = -1

  /** Adds `chunk`, whose record has the JSON text `text`; none where it is known to be valid. */
  add(chunk: unknown, text: string): void {
    this.#lastOpen = this.#added
    this.#hold(chunk, text)
  }

  /** Adds one that is known to be refused: what for, its batch tells. */
  addRefused(chunk: unknown, text: string): void {
    this.#hold(chunk, text)
  }

  /** Adds one that was handed on, and only counts. */
  addHandedOn(): void {
    this.#added += 1
    this.#lines += 1
    this.#emptyLines += 1
  }

  #hold(chunk: unknown, text: string): void {
    this.#chunks.push(chunk)
    this.#indexes.push(this.#added)
    this.#added += 1
    this.#lines += 1
    this.#count += 1
    this.#endLines()
    this.#text += `${text}\n`
  }

  #endLines(): void {
    if (this.#emptyLines > 0) this.#text += '\n'.repeat(this.#emptyLines)
    this.#emptyLines = 0
  }

  /** An object is here that may yet be handed on: those after it have to wait for it. */
  get isOpen(): boolean {
    return this.#lastOpen >= this.#landed
  }

  /** Somebody waits to hear of a record that is not taken yet. */
  get waits(): boolean {
    return this.#count > 0
  }

  get isFull(): boolean {
    return this.#count >= recordsMax || this.#lines >= linesMax || this.#text.length >= textLengthMax
  }

  /** The text of those added since the last call, as NDJSON. */
  takeBytes(): Buffer {
    this.#endLines()
    const bytes = Buffer.from(this.#text)
    this.#text = ''
    this.#count = 0
    this.#lines = 0
    return bytes
  }

  /** Takes the objects of a verdict out of the queue. */
  settle({ readCount }: BatchVerdict): Settled {
    this.#settled += readCount
    const held = this.#heldBefore(this.#settled)
    return { chunks: this.#chunks.splice(0, held), indexes: this.#indexes.splice(0, held), handedOnCount: readCount - held }
  }

  /** How many were handed on of those that come after the first `read` of the stream. */
  handedOnBeyond(read: number): number {
    // A stream that was stopped within what was settled has handed on none beyond.
    if (read < this.#settled) return 0
    return this.#added - read - (this.#chunks.length - this.#heldBefore(read))
  }

  #heldBefore(index: number): number {
    const first = this.#indexes.findIndex((at) => at >= index)
    return first === -1 ? this.#indexes.length : first
  }

  /** All that was settled is dealt with. */
  land(): void {
    this.#landed = this.#settled
  }
}

/** The objects, each with what became of it. */
export function judgedOf({ chunks, indexes }: Settled, verdict: BatchVerdict): Judged[] {
  const violations = groupByRecord(parseViolations(verdict.violations.toString()))
  const refused = new Set(verdict.refused)
  return chunks.map((record, at) => {
    const index = indexes[at] as number
    return { record, valid: !refused.has(index), violations: violations.get(index + 1) ?? [], index }
  })
}
