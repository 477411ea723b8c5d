import { tmpdir } from 'node:os'
import { SluiceError } from '../errors.js'
import { type NativeRuleState, type NativeStream, openRuleState } from '../native.js'
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

/** Throws `schema/stream-rule` for an option with which a stream does not see the whole. */
export function refuseWithStreamRules(keywords: readonly string[], options: ValidateOptions): void {
  if (options.checkpoint === undefined) return
  refuseStreamRules(keywords, 'a run with a checkpoint', 'leave the checkpoint out, or take the rule out of the schema')
}
