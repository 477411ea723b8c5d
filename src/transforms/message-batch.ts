import { encodeRecord } from '../encode.js'
import { SluiceError } from '../errors.js'
import { type Message, type MessageVerdict, placeOf } from '../message.js'
import { asError, type BatchVerdict, type NativePlan, type NativeStream, openStream, submit, take } from '../native.js'
import { groupByRecord, parseViolations } from '../record.js'
import type { Violation } from '../violation.js'
import { abortMessage } from './limit-error.js'
import type { CheckedMessageOptions } from './message-options.js'

const lineFeed = 10
const carriageReturn = 13
/** What messages are gathered in on their way to Rust, so that small ones do not cost a call each; less where there are few. */
const stagingBytes = 64 * 1024
const stagingBytesOfFew = 2 * 1024
const few = 16
const brokenSurrogate = Buffer.from([0xed, 0xa0, 0x80])
/** A message of nothing but white space would be a blank line, and that is no record; this is no JSON from its first byte on either. */
const noValue = Buffer.from(',')

/**
 * Checks messages in Rust, one line of NDJSON each. A line feed within a message goes as a carriage return: between tokens either is
 * white space, within a string JSON forbids both, and no byte moves. So a message is never taken for two, nor two for one.
 */
export class MessageBatch<M extends Message> {
  readonly #plan: NativePlan
  readonly #options: CheckedMessageOptions
  readonly #native: NativeStream
  readonly #staging: Buffer
  readonly #submitted: Promise<BatchVerdict>[] = []
  readonly #messages: readonly M[]
  /** For each record that went to Rust, the index of its message. */
  readonly #sent: number[] = []
  readonly #violations = new Map<number, Violation[]>()
  readonly #refused = new Set<number>()
  #staged = 0

  constructor(plan: NativePlan, options: CheckedMessageOptions, messages: readonly M[]) {
    this.#plan = plan
    this.#options = options
    this.#messages = messages
    this.#native = openStream(plan, options.stream)
    this.#staging = Buffer.allocUnsafe(messages.length <= few ? stagingBytesOfFew : stagingBytes)
  }

  /** The verdicts, in the order of the messages. */
  async check(): Promise<MessageVerdict<M>[]> {
    try {
      // A blank line first, or what looks like a byte order mark in the first message would be taken for the stream's.
      this.#endLine()
      for (const [index, message] of this.#messages.entries()) this.#add(message, index)
      if (this.#sent.length > 0) await this.#settle()
    } catch (fault) {
      throw asError(fault)
    } finally {
      this.#native.cancel()
    }
    const schemaDigest = this.#plan.digest
    return this.#messages.map((message, index) => {
      const violations = this.#violations.get(index)
      return { message, valid: !this.#refused.has(index), violations: violations ?? [], schemaDigest }
    })
  }

  #add(message: M, index: number): void {
    const text = this.#textOf(message, index)
    if (text === undefined) return
    this.#sent.push(index)
    if (!isBlank(text)) this.#stage(text)
    else if (text.length <= this.#options.stream.recordBytesMax) this.#stage(noValue)
    else this.#stage(Buffer.concat([text, noValue]))
    this.#endLine()
  }

  /** The JSON of a message; undefined where that is decided already. */
  #textOf(message: M, index: number): Uint8Array | undefined {
    try {
      const value = this.#options.select(message as never)
      if (value instanceof Uint8Array) return value
      if (typeof value === 'string') return bytesOfText(value)
      if (value !== null && value !== undefined) return Buffer.from(encodeRecord(value))
      if (!this.#options.tombstonesAreValid) this.#refuse(message, index, 'message/tombstone', 'has no value (a tombstone)', {})
    } catch (fault) {
      const name = fault instanceof Error ? fault.name : typeof fault
      this.#refuse(message, index, 'message/unreadable', 'is nothing that can be checked: its value could not be decoded', { name })
    }
    return undefined
  }

  #refuse(message: M, index: number, code: string, sentence: string, params: Record<string, unknown>): void {
    const position = { source: placeOf(message), record: 1, line: null, byte: null, column: null }
    this.#refused.add(index)
    this.#violations.set(index, [{ code, keyword: null, field: null, pointer: '', message: sentence, value: null, params, ...position }])
  }

  #stage(bytes: Uint8Array): void {
    if (bytes.length > this.#staging.length) {
      this.#unstage()
      this.#push(withoutLineFeeds(Buffer.from(bytes)))
      return
    }
    if (bytes.length > this.#staging.length - this.#staged) this.#unstage()
    const end = this.#staged + bytes.length
    this.#staging.set(bytes, this.#staged)
    withoutLineFeeds(this.#staging.subarray(this.#staged, end))
    this.#staged = end
  }

  #endLine(): void {
    if (this.#staged === this.#staging.length) this.#unstage()
    this.#staging[this.#staged] = lineFeed
    this.#staged += 1
  }

  #unstage(): void {
    this.#push(this.#staging.subarray(0, this.#staged))
    this.#staged = 0
  }

  #push(bytes: Uint8Array): void {
    let at = 0
    while (at < bytes.length) {
      at += this.#native.push(bytes, at)
      while (this.#native.isFull && this.#submit(take.full));
    }
  }

  #submit(how: number): boolean {
    const promise = submit(this.#native, how)
    if (!promise) return false
    // Its rejection is heard by #settle; this keeps Node from calling it unhandled until then.
    promise.catch(() => {})
    this.#submitted.push(promise)
    return true
  }

  async #settle(): Promise<void> {
    this.#unstage()
    while (this.#submit(take.last));
    let read = 0
    for (const promise of this.#submitted) {
      const verdict = await promise
      read += verdict.readCount
      if (verdict.violations.length > 0) this.#note(verdict)
      if (verdict.abort !== undefined) this.#stop(JSON.parse(verdict.abort))
    }
    // What Rust read is what was sent, or a verdict would belong to another message.
    if (read !== this.#sent.length) throw new Error(`${this.#sent.length} messages were sent to be checked, and ${read} were read.`)
  }

  /** A rule of severity `abort` has the whole batch come again: a broker takes back no message from the middle. */
  #stop(violation: Violation): void {
    const source = placeOf(this.#messages[this.#sent[violation.record - 1] as number] as M)
    throw new SluiceError('limit/abort', abortMessage({ ...violation, source, record: 1 }))
  }

  #note(verdict: BatchVerdict): void {
    const byRecord = groupByRecord(parseViolations(verdict.violations.toString()))
    for (const record of verdict.refused) this.#refused.add(this.#sent[record] as number)
    for (const [record, violations] of byRecord) {
      const index = this.#sent[record - 1] as number
      const source = placeOf(this.#messages[index] as M)
      this.#violations.set(
        index,
        violations.map((violation) => ({ ...violation, source, record: 1 })),
      )
    }
  }
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 32 || byte === 9 || byte === lineFeed || byte === carriageReturn)
}

function withoutLineFeeds(bytes: Buffer): Buffer {
  for (let at = bytes.indexOf(lineFeed); at !== -1; at = bytes.indexOf(lineFeed, at + 1)) bytes[at] = carriageReturn
  return bytes
}

/** UTF-8. Half a surrogate pair, for which that has no bytes, becomes bytes that are none, so that the check tells where it stands. */
function bytesOfText(text: string): Buffer {
  const broken = text.search(/\p{Surrogate}/u)
  if (broken === -1) return Buffer.from(text)
  return Buffer.concat([Buffer.from(text.slice(0, broken)), brokenSurrogate])
}
