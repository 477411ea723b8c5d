import { SluiceError } from '../errors.js'
import { type Message, type MessagePosition, type MessageVerdict, positionsAfter, refuseNoMessage } from '../message.js'
import { compilePlan, type NativePlan } from '../native.js'
import { addWarnings, type Counts, noCounts } from '../report.js'
import { rulesOf } from '../schema/rules.js'
import type { SchemaInput } from '../schema/schema.js'
import { onlyOfBytes, transforms } from '../schema/transform.js'
import { refuses } from '../violation.js'
import { MessageBatch } from './message-batch.js'
import { MessageIntake } from './message-intake.js'
import { type CheckedMessageOptions, type MessageOptions, messageOptions } from './message-options.js'
import { refuseStreamRules } from './rule-state.js'

/** Messages as a client gives them: one at a time, or some at a time. */
export type MessageSource<M extends Message> = AsyncIterable<M | readonly M[]>

/** How a source is followed. */
export interface FollowOptions<M extends Message> {
  /**
   * Called once everything before the positions has reached its sink, with the messages themselves for brokers that acknowledge each. A
   * promise holds the stream back, and its rejection ends it.
   */
  commit?: ((positions: MessagePosition<M>[], messages: readonly M[]) => unknown) | undefined
  /** Aborting it ends the stream in good order: no more is taken, what was taken is finished and committed. */
  stop?: AbortSignal | undefined
}

/** Where the messages go. A promise holds the stream back; its rejection ends the stream, and nothing of that batch is committed. */
export interface MessageTargets<M extends Message> extends FollowOptions<M> {
  /** Takes the valid ones, in order. */
  valid: (messages: M[]) => unknown
  /** Takes the refused ones, with what is wrong with them: `deadLetters(sink)`, for one. */
  invalid: (refused: MessageVerdict<M>[]) => unknown
}

/**
 * Checks the messages of a broker (Kafka, Kinesis, SQS, NATS …), over any client: each message holds one record.
 *
 * `schema` is a builder schema or a JSON Schema (draft 2020-12). It is compiled at once. Throws `schema/…` and `option/invalid`.
 */
export function validateMessages<M extends Message = Message>(schema: SchemaInput, options: MessageOptions<M> = {}): MessageCheck<M> {
  return new MessageCheck(schema, options)
}

/** What `validateMessages` makes. It holds nothing between calls, and can be used by any number of consumers at a time. */
export class MessageCheck<M extends Message = Message> {
  readonly #plan: NativePlan
  readonly #options: CheckedMessageOptions

  constructor(schema: SchemaInput, options: MessageOptions<M> = {}) {
    const { json, checks, options: schemaOptions } = rulesOf(schema)
    if (checks[0]) {
      throw new SluiceError(
        'option/invalid',
        `The schema has the rule ${JSON.stringify(checks[0].id)} in JavaScript, which validateMessages does not run; ask it of the valid messages yourself, or leave it out.`,
      )
    }
    if (transforms(json)) throw onlyOfBytes('validateMessages')
    this.#options = messageOptions(options as MessageOptions, schemaOptions)
    this.#plan = compilePlan(json, this.#options.plan)
    refuseStreamRules(this.#plan.streamRules, 'validateMessages', 'messages have no first and no last; use a schema without that rule')
  }

  /** Checks messages that are there already, as in a batch handler; the verdicts come in the same order. Rejects with `input/record` for what is no message, and `native/panic`. */
  async batch<B extends M>(messages: readonly B[]): Promise<MessageVerdict<B>[]> {
    if (!Array.isArray(messages)) throw new SluiceError('option/invalid', 'batch() takes an array of messages.')
    for (const message of messages) refuseNoMessage(message)
    return new MessageBatch(this.#plan, this.#options, messages).check()
  }

  /**
   * The verdicts of all that a source gives, in its order, and so in order for each partition. A verdict counts as having reached its
   * sink when the next one is asked for; `commit` comes after each batch of them. Fails as the source does, after what came before.
   */
  async *verdicts<B extends M>(source: MessageSource<B>, options: FollowOptions<B> = {}): AsyncGenerator<MessageVerdict<B>, void, void> {
    for await (const verdicts of this.#follow(source, options)) yield* verdicts
  }

  /**
   * Sends each message of a source where it belongs, until the source ends or `stop` is aborted, and gives the counts.
   *
   * What was taken from the source and not yet committed is bounded (`messagesInFlightMax`, `messageBytesInFlightMax`): a slow sink stops
   * the taking. When the process dies, what was not committed comes again: each message reaches its sink at least once.
   */
  async split<B extends M>(source: MessageSource<B>, targets: MessageTargets<B>): Promise<Counts> {
    const counts: Counts = { ...noCounts }
    for await (const verdicts of this.#follow(source, targets)) {
      const valid = verdicts.filter((verdict) => verdict.valid).map(({ message }) => message)
      const refused = verdicts.filter((verdict) => !verdict.valid)
      // Both are waited for, so that nothing is still being written when this fails.
      const done = await Promise.allSettled([
        valid.length > 0 && (async () => targets.valid(valid))(),
        refused.length > 0 && (async () => targets.invalid(refused))(),
      ])
      const failed = done.find((outcome) => outcome.status === 'rejected')
      if (failed) throw failed.reason
      counts.read += verdicts.length
      counts.valid += valid.length
      counts.invalid += refused.length
      const found = verdicts.flatMap(({ violations }) => violations)
      const refusing = found.filter(refuses).length
      counts.violations += refusing
      addWarnings(counts, found.length - refusing)
    }
    return counts
  }

  /** The verdicts batch by batch. That the next batch is asked for says that the one before has reached its sink. */
  async *#follow<B extends M>(
    source: MessageSource<B>,
    { commit, stop }: FollowOptions<B>,
  ): AsyncGenerator<MessageVerdict<B>[], void, void> {
    const intake = new MessageIntake(source, this.#options)
    const end = () => intake.stop()
    stop?.addEventListener('abort', end, { once: true })
    if (stop?.aborted) end()
    const checked = async () => {
      const taken = await intake.take()
      return taken && { taken, verdicts: await this.batch(taken.messages) }
    }
    let isDone = false
    try {
      let next = checked()
      for (let batch = await next; batch; batch = await next) {
        // Begun before this one is handed on, so that Rust works while the sinks write. Whoever awaits it hears how it fails.
        next = checked()
        next.catch(() => {})
        yield batch.verdicts
        const { messages } = batch.taken
        await commit?.(positionsAfter(messages), messages)
        intake.release(batch.taken)
      }
      isDone = true
    } finally {
      stop?.removeEventListener('abort', end)
      // How the source takes its leave matters only where nothing went wrong before.
      await intake.close().catch((error) => {
        if (isDone) throw error
      })
    }
  }
}
