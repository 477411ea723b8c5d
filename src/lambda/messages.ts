import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { SluiceError } from '../errors.js'
import { parseViolations } from '../record.js'
import type { SchemaInput } from '../schema/schema.js'
import type { MessageOptions } from '../transforms/message-options.js'
import type { ValidateOptions } from '../transforms/options.js'
import { validate } from '../transforms/validate.js'
import { validateMessages } from '../transforms/validate-messages.js'
import { verdictOf } from '../verdict.js'
import { refuses, type Violation } from '../violation.js'
import type { LambdaContext } from './context.js'
import type { Deadline } from './deadline.js'
import type { LambdaMessage, MessageOrder } from './event.js'

/** A message that was refused. */
export interface LambdaRefusal {
  message: LambdaMessage
  violations: Violation[]
}

interface LambdaMessageTargets {
  /** Takes the valid messages, in order. Where it rejects, all of them are told as failed. */
  valid: (messages: LambdaMessage[], context: LambdaContext) => unknown
  /**
   * `fail` (the default): a refused message is told as failed, so that it comes again, until the queue or the event source mapping gives it up. Or
   * a function that takes the refused ones, to a dead-letter queue for one; they are done with when it resolves, and failed when it rejects.
   */
  invalid?: 'fail' | ((refused: LambdaRefusal[], context: LambdaContext) => unknown) | undefined
}

/** What becomes of messages of SQS and Kinesis, whose event source mapping has to have ReportBatchItemFailures. */
export type LambdaMessages = LambdaMessageTargets &
  (
    | { /** A message is one record of JSON. */ format?: 'json' | undefined; options?: MessageOptions<LambdaMessage> | undefined }
    | {
        /** A message is a file of records, for CSV with a header row unless `options.header` names the columns. It is refused when one record is. */
        format: 'ndjson' | 'csv'
        options?: ValidateOptions | undefined
      }
  )

/** As Lambda takes it: what is named here comes again. */
export interface LambdaBatchResponse {
  batchItemFailures: { itemIdentifier: string }[]
}

/** Undefined where the time was over. */
type Violations = Violation[] | undefined

/** Checks the messages of a batch, and tells which have failed. */
export class MessageHandler {
  readonly #given: LambdaMessages
  readonly #check: (messages: readonly LambdaMessage[], deadline: Deadline) => Promise<Violations[]>

  /** Throws `schema/…` and `option/invalid`. */
  constructor(schema: SchemaInput, given: LambdaMessages) {
    this.#given = given
    const { valid, invalid = 'fail', format = 'json', options } = given
    if (typeof valid !== 'function') throw new SluiceError('option/invalid', 'messages.valid must be a function that takes valid messages.')
    if (invalid !== 'fail' && typeof invalid !== 'function')
      throw new SluiceError('option/invalid', "messages.invalid must be 'fail' or a function.")
    if (!['json', 'ndjson', 'csv'].includes(format)) {
      throw new SluiceError('option/invalid', `messages.format is ${JSON.stringify(format)}; it must be json, ndjson or csv.`)
    }
    this.#check =
      format === 'json'
        ? checkEach(schema, options as MessageOptions<LambdaMessage>)
        : checkFiles(schema, { ...options, format } as ValidateOptions)
  }

  async handle(
    messages: readonly LambdaMessage[],
    order: MessageOrder,
    context: LambdaContext,
    deadline: Deadline,
  ): Promise<LambdaBatchResponse> {
    const found = await this.#check(messages, deadline)
    const { valid, invalid = 'fail' } = this.#given
    const isBad = (at: number) => found[at] === undefined || (invalid === 'fail' && (found[at] as Violation[]).length > 0)
    const firstBad = messages.findIndex((_, at) => isBad(at))
    // In an order, what comes after a failure comes again, and must not be done before it.
    const reached = order !== 'none' && firstBad !== -1 ? messages.slice(0, firstBad) : messages
    const failed = new Set([...messages.keys()].filter(isBad))
    for (const at of failed) tellFailed(messages[at] as LambdaMessage, found[at])
    const good: number[] = []
    const refused: number[] = []
    for (const at of reached.keys()) if (!failed.has(at)) ((found[at] as Violation[]).length === 0 ? good : refused).push(at)
    const of = (places: number[]) => places.map((at) => messages[at] as LambdaMessage)
    const refusals = refused.map((at) => ({ message: messages[at] as LambdaMessage, violations: found[at] as Violation[] }))
    const [taken, setAside] = await Promise.all([
      hand('valid', good.length > 0 && (async () => valid(of(good), context)), deadline),
      hand('invalid', refusals.length > 0 && typeof invalid === 'function' && (async () => invalid(refusals, context)), deadline),
    ])
    if (!taken) for (const at of good) failed.add(at)
    if (!setAside) for (const at of refused) failed.add(at)
    return { batchItemFailures: failuresOf(messages, failed, order).map(({ id }) => ({ itemIdentifier: id })) }
  }
}

/** What has to come again. A shard is gone on with from the first failure; so is a queue that keeps an order, which is to be told each message. */
function failuresOf(messages: readonly LambdaMessage[], failed: ReadonlySet<number>, order: MessageOrder): LambdaMessage[] {
  if (order === 'none') return messages.filter((_, at) => failed.has(at))
  const first = messages.findIndex((_, at) => failed.has(at))
  if (first === -1) return []
  return order === 'shard' ? messages.slice(first, first + 1) : messages.slice(first)
}

/** True when a target has taken what it was given, false when it failed or there was no more time. */
async function hand(name: string, work: false | (() => Promise<unknown>), deadline: Deadline): Promise<boolean> {
  if (!work) return true
  try {
    const taken = await deadline.within(work().then(() => true))
    if (taken === undefined) warn(`messages.${name} did not come back in the time of the invocation; its messages are told as failed.`)
    return taken === true
  } catch (error) {
    warn(`messages.${name} failed, and its messages are told as failed: ${error instanceof Error ? error.message : String(error)}`)
    return false
  }
}

// Lambda is told only which message has failed; why, its log has to tell. Values stay out of it.
function tellFailed({ id }: LambdaMessage, violations: Violations): void {
  if (!violations) return warn(`Message ${id} was not checked, for the time of the invocation was over; it is told as failed.`)
  const reasons = violations
    .filter(refuses)
    .slice(0, 5)
    .map(({ code, field }) => (field === null ? code : `${field}: ${code}`))
  warn(`Message ${id} is told as failed, for it is invalid: ${reasons.join(', ')}.`)
}

// The runtime makes console the function's log, with the id of the request; a warning of the process may come only after the answer, or not at all.
function warn(message: string): void {
  console.warn(message)
}

function checkEach(schema: SchemaInput, options: MessageOptions<LambdaMessage> | undefined) {
  const check = validateMessages<LambdaMessage>(schema, { select: ({ value }) => value, ...options })
  return async (messages: readonly LambdaMessage[]): Promise<Violations[]> => {
    const verdicts = await check.batch(messages)
    return verdicts.map(({ message, valid, violations }) =>
      (valid ? [] : violations).map((violation) => ({ ...violation, source: message.id })),
    )
  }
}

function checkFiles(schema: SchemaInput, options: ValidateOptions) {
  validate(schema, options).destroy()
  return async (messages: readonly LambdaMessage[], deadline: Deadline): Promise<Violations[]> => {
    const found: Violations[] = []
    for (const message of messages) found.push(deadline.stop.aborted ? undefined : await checkFile(schema, options, message))
    return found
  }
}

/** What is wrong with a message that is a file. What is wrong with the file as a whole (its header, no bytes) is one violation. */
async function checkFile(schema: SchemaInput, options: ValidateOptions, { id, value }: LambdaMessage): Promise<Violation[]> {
  const found: Violation[] = []
  const check = validate(schema, { ...options, source: id })
  let isRead = true
  try {
    await pipeline(Readable.from([Buffer.from(value)]), check, async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) found.push(...parseViolations(verdictOf(chunk)?.violations.toString() ?? ''))
    })
  } catch (error) {
    if (!(error instanceof SluiceError) || !/^(?:input|header|limit)\//.test(error.code)) throw error
    const place = { source: id, record: 1, line: null, byte: null, column: null }
    isRead = false
    found.push({ code: error.code, keyword: null, field: null, message: error.message, value: null, params: {}, ...place })
  }
  // A record that could not be decided has violations, and may be let through.
  return isRead && check.counts.invalid === 0 ? [] : found
}
