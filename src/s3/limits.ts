import { SluiceError } from '../errors.js'
import type { Limit } from '../limits.js'

const mebibyte = 1024 * 1024

/** Every limit of the sources and sinks of S3, by the name of its option (`retryAfterMsMax` is none). */
export const s3Limits = {
  rangeBytes: {
    unit: 'bytes of one ranged request',
    default: 8 * mebibyte,
    most: 1024 * mebibyte,
    beyond: 'the object is read in more ranges',
  },
  rangesInFlight: { unit: 'ranges asked for or held at once', default: 4, most: 256, beyond: 'the next range waits' },
  partBytes: {
    unit: 'bytes of one part of an upload',
    default: 8 * mebibyte,
    most: 5 * 1024 * mebibyte,
    beyond: 'another part; 10,000 of them at most, then error `sink/unwritable`',
  },
  partsInFlight: { unit: 'parts uploaded at once', default: 4, most: 256, beyond: 'the stream waits' },
  attemptsMax: { unit: 'attempts at one request or range', default: 8, most: 100, beyond: 'error `input/unreadable` or `sink/unwritable`' },
  stallTimeoutMs: {
    unit: 'milliseconds without a byte',
    default: 30_000,
    most: 2 ** 31 - 1,
    beyond: 'the attempt is over, and another one begins from the byte that was reached',
  },
  retryAfterMsMax: {
    unit: 'milliseconds that a Retry-After may ask for',
    default: 120_000,
    most: 2 ** 31 - 1,
    beyond: 'error `input/unreadable` or `sink/unwritable` at once',
  },
} as const satisfies Record<string, Limit>

export type S3LimitName = keyof typeof s3Limits

/** The least size of a part that S3 takes, but for the last one. */
export const partBytesLeast = 5 * mebibyte
/** The most parts that S3 makes an object of. */
export const partsMax = 10_000

/** `value` when it can be used, the default when there is none. Throws option/invalid. */
export function limitOf(name: S3LimitName, value: number | undefined, least = 1): number {
  const limit = s3Limits[name]
  if (value === undefined) return limit.default
  if (Number.isSafeInteger(value) && value >= least && value <= limit.most) return value
  throw new SluiceError('option/invalid', `${name} is ${String(value)}; it must be a whole number from ${least} to ${limit.most}.`)
}
