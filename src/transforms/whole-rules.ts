import { asError, type NativePlan, type NativeStream } from '../native.js'
import { type ForeignKeys, foreignKeysKey, foreignKeysOf, gatherIn, type MakeCheck } from './foreign-keys.js'
import type { ValidateOptions } from './options.js'
import { asksWhole, RuleState, ruleStateIn } from './rule-state.js'

/** What a stream needs beside its plan for rules that hold records against each other, or against a reference. */
export class WholeRules {
  readonly #plan: NativePlan
  readonly #options: ValidateOptions
  readonly #foreignKeys: ForeignKeys | undefined
  #ownsForeignKeys: boolean
  /** Where the stream is the whole; else it has the state from whoever has all of its inputs. */
  #ownState: RuleState | undefined

  /** `makeCheck`: as for `foreignKeysOf`. */
  constructor(plan: NativePlan, options: ValidateOptions, makeCheck: MakeCheck) {
    this.#plan = plan
    this.#options = options
    this.#foreignKeys = foreignKeysOf(plan, options, makeCheck)
    this.#ownsForeignKeys = this.#foreignKeys !== undefined && !(foreignKeysKey in options)
  }

  /** Hands over what foreign keys are looked up in: it is closed by who has it. */
  takeForeignKeys(): ForeignKeys | undefined {
    this.#ownsForeignKeys = false
    return this.#foreignKeys
  }

  /** Runs `step` once the references were read, or `fail`; false where there is nothing to wait for. */
  wait(step: () => void, fail: (error: Error) => void): boolean {
    const keys = this.#foreignKeys
    if (!keys || keys.isLoaded) return false
    keys.load().then(step, (error) => fail(asError(error)))
    return true
  }

  /** Has `native` judged by them. Gives how many inputs of the same whole came before, where it is one of several. */
  judge(native: NativeStream, isBytes: boolean): number | undefined {
    const inputNumber = asksWhole(this.#plan.streamRules) ? this.#judgeWhole(native) : undefined
    this.#foreignKeys?.judge(native)
    gatherIn(this.#options)?.into(native, isBytes)
    return inputNumber
  }

  #judgeWhole(native: NativeStream): number | undefined {
    const shared = ruleStateIn(this.#options)
    if (shared) return shared.judge(native)
    this.#ownState = new RuleState(this.#plan.streamRules, this.#options)
    this.#ownState.judge(native)
    return undefined
  }

  close(): void {
    this.#ownState?.close()
    if (this.#ownsForeignKeys) this.#foreignKeys?.close()
  }
}
