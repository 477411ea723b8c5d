import { alone, type NativeStream } from '../native.js'

/** One record in so many may be asked for on this thread: checks belong on the others. */
const recordsPerQuestion = 8
/** What may be asked for before that is told of a stream. */
const questionsAtFirst = 64
/** UTF-16 code units of the largest record that is asked for. */
const questionLengthMax = 16_384

/** What is known of a record ahead of its batch: nothing is wrong with it, it is refused, or its batch has to tell. */
export type Known = 'valid' | 'refused' | 'open'

/**
 * Tells of single records ahead of their batch, so that valid ones need not wait for it: the few that a glance does not pass are mostly refused,
 * and all behind them would wait.
 */
export class Ahead {
  readonly #native: NativeStream
  #passed = 0
  #questions = 0

  constructor(native: NativeStream) {
    this.#native = native
  }

  /** A record has passed at a glance. */
  pass(): void {
    this.#passed += 1
  }

  /** What is known of a record with the JSON text `text`. Throws `native/panic`. */
  ask(text: string): Known {
    const isEnough = this.#questions * (recordsPerQuestion - 1) > this.#passed + questionsAtFirst * recordsPerQuestion
    if (isEnough || text.length > questionLengthMax) return 'open'
    this.#questions += 1
    const told = this.#native.checkAlone(text)
    return told === alone.clean ? 'valid' : told === alone.refused ? 'refused' : 'open'
  }
}
