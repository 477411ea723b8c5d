import { tmpdir } from 'node:os'
import { SluiceError } from '../errors.js'
import { type NativeRuleState, type NativeStream, openRuleState } from '../native.js'
import type { RecordCheck } from '../schema/checks.js'
import { limitOf, type ValidateOptions } from './options.js'

/** How a stream is told that it is part of a whole: the option under which it finds what the inputs before it have come to. */
export const ruleStateKey = Symbol.for('sluice.ruleState')
const foreignKeysKeyword = 'x-foreignKeys'
/** How a stream tells which keywords of its schema are rules over the whole stream. */
export const streamRulesKey = Symbol.for('sluice.streamRules')

/** What rules over the whole stream have come to; one input after another goes on with it. It has to be closed. */
export class RuleState {
  readonly #native: NativeRuleState
  #inputs = 0

  /** Of a schema with these keywords. */
  constructor(keywords: readonly string[], options: ValidateOptions) {
    this.#native = openRuleState(keyBytesMaxOf(keywords, options), options.temporaryDirectory ?? tmpdir())
  }

  /** The next input is judged by it. Gives the number of inputs before. */
  judge(stream: NativeStream): number {
    stream.judgeBy(this.#native)
    this.#inputs += 1
    return this.#inputs - 1
  }

  close(): void {
    this.#native.close()
  }
}

/** True where rules depend on the records before. Foreign keys do not. */
export function asksWhole(keywords: readonly string[]): boolean {
  return keywords.some((keyword) => keyword !== foreignKeysKeyword)
}

/** The bytes of memory for one set of keys: all of `uniqueBytesMax`, or half where the schema has both keys that are unique and foreign keys. */
export function keyBytesMaxOf(keywords: readonly string[], options: ValidateOptions): number {
  const isShared = keywords.includes('x-unique') && keywords.includes(foreignKeysKeyword)
  return Math.ceil(limitOf('uniqueBytesMax', options) / (isShared ? 2 : 1))
}

/** What earlier inputs of the same whole have left. */
export function ruleStateIn(options: ValidateOptions): RuleState | undefined {
  return (options as { [ruleStateKey]?: RuleState })[ruleStateKey]
}

/** Throws `schema/stream-rule` where rules over the whole stream cannot be asked, for `what` sees no whole stream. */
export function refuseStreamRules([first]: readonly string[], what: string, remedy: string): void {
  if (first === undefined) return
  throw new SluiceError('schema/stream-rule', `The schema has ${first}, a rule over the whole stream, which ${what} cannot ask; ${remedy}.`)
}

/** Throws `schema/stream-rule` for what keeps rules over the whole stream from being asked as they are meant. */
export function refuseWithStreamRules(keywords: readonly string[], checks: readonly RecordCheck[], options: ValidateOptions): void {
  if (options.checkpoint !== undefined)
    refuseStreamRules(keywords, 'a run with a checkpoint', 'leave the checkpoint out, or take the rule out of the schema')
  // The order is that of the records that pass, and is decided before a rule in JavaScript may refuse one of them.
  const refusing = checks.find(({ severity }) => severity !== 'warning')
  if (refusing === undefined || !keywords.includes('x-order')) return
  throw new SluiceError(
    'schema/stream-rule',
    `The schema has x-order, which is decided before the rule ${JSON.stringify(refusing.id)} in JavaScript can refuse a record, and would hold others against it; write that rule in CEL (x-rules, .rule(id, cel)), have it only warn, or take x-order out of the schema.`,
  )
}
