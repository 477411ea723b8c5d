import { type Message, type MessagePosition, partitionName } from '../message.js'

/**
 * Which partitions this consumer has, and since when. A partition that was taken away and came back may have been read on by someone else
 * meanwhile: a commit of what was fetched before would set the group back, so it is dropped, as is one of a partition that is gone.
 */
export class Assignment<M extends Message> {
  #tenures = new Map<string, number>()
  #last = 0
  readonly #tenureOf = new WeakMap<M, number>()

  /** What this consumer has from now on. */
  update(partitions: Iterable<readonly [topic: string, partition: number]>): void {
    const before = this.#tenures
    this.#tenures = new Map()
    for (const [topic, partition] of partitions) {
      const name = partitionName(topic, partition)
      this.#last += 1
      this.#tenures.set(name, before.get(name) ?? this.#last)
    }
  }

  /** Notes that `message` was fetched now. */
  mark(message: M): M {
    this.#tenureOf.set(message, this.#tenures.get(nameOf(message)) ?? 0)
    return message
  }

  /** Those of `positions` that are still this consumer's to commit. */
  stillOurs(positions: readonly MessagePosition<M>[]): MessagePosition<M>[] {
    return positions.filter(({ last }) => {
      const tenure = this.#tenures.get(nameOf(last))
      return tenure !== undefined && tenure === this.#tenureOf.get(last)
    })
  }
}

function nameOf({ topic = '', partition = 0 }: Message): string {
  return partitionName(topic, partition)
}
