import { SluiceError } from '../errors.js'
import type { Limit } from '../limits.js'

/** Every limit of the handlers for Lambda, by the name of its option. */
export const lambdaLimits = {
  stopMarginMs: {
    unit: 'milliseconds before the end of the invocation',
    default: 5_000,
    most: 900_000,
    beyond: 'nothing more is read; what was checked is finished, and what is left is told',
  },
  abortMarginMs: {
    unit: 'milliseconds before the end of the invocation',
    default: 1_500,
    most: 900_000,
    beyond: 'outputs that are still not finished are taken back',
  },
  responseChunkBytes: {
    unit: 'bytes of verdicts that are gathered for one chunk of a streamed response',
    default: 100 * 1024,
    most: 16 * 1024 * 1024,
    beyond: 'the chunk is sent',
  },
} as const satisfies Record<string, Limit>

export type LambdaLimitName = keyof typeof lambdaLimits

/** `value` when it can be used, the default when there is none. Throws option/invalid. */
export function lambdaLimit(name: LambdaLimitName, value: number | undefined): number {
  const { default: usual, most } = lambdaLimits[name]
  if (value === undefined) return usual
  if (Number.isSafeInteger(value) && value >= 1 && value <= most) return value
  throw new SluiceError('option/invalid', `${name} is ${String(value)}; it must be a whole number from 1 to ${most}.`)
}
