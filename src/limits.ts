import { SluiceError } from './errors.js'

/** One limit: what it counts, where it stands when nobody sets it, and what happens beyond it. */
export interface Limit {
  unit: string
  default: number
  /** The largest value it may be set to. */
  most: number
  beyond: string
}

/** Default of `batchBytes` where JavaScript has an object for each record: the longer these wait for their batch, the more of them the garbage collector copies. */
export const objectBatchBytes = 512 * 1024

/** Every limit that `validate` takes as an option, by its name. */
export const limits = {
  recordBytesMax: {
    unit: 'bytes of one record',
    default: 8 * 1024 * 1024,
    most: 256 * 1024 * 1024,
    beyond: 'violation `record/too-large`, or `quote/unclosed` while a quote is open; the next record is read',
  },
  recordLinesMax: {
    unit: 'physical lines of one CSV record',
    default: 10_000,
    most: 2 ** 31,
    beyond: 'violation `quote/unclosed`; reading goes on at the line after the quote',
  },
  depthMax: {
    unit: 'levels of nesting of one JSON record',
    default: 1_000,
    most: 1_000,
    beyond: 'violation `json/depth`; around the records of a JSON document error `input/json`',
  },
  patternStepsMax: {
    unit: 'steps of a pattern with look-around or back-references on one text',
    default: 1_000_000,
    most: 2 ** 53,
    beyond: 'violation `pattern/undecided`',
  },
  ruleStepsMax: {
    unit: 'steps of one rule (`x-rules`) on one record',
    default: 100_000,
    most: 2 ** 53,
    beyond: 'violation `rule/error`, reason `steps`',
  },
  schemaBytesMax: {
    unit: 'bytes of JSON of one schema',
    default: 4 * 1024 * 1024,
    most: 256 * 1024 * 1024,
    beyond: 'error `schema/too-large`, before anything is compiled',
  },
  valueBytesMax: { unit: 'bytes of a value shown in a violation', default: 256, most: 2 ** 20, beyond: 'the value is cut and ends in …' },
  samplesPerRule: { unit: 'samples kept for each rule in the report', default: 5, most: 10_000, beyond: 'counted only' },
  violationsPerRecordMax: {
    unit: 'violations of one record that are written out',
    default: 1_000,
    most: 2 ** 31,
    beyond: 'counted only, and told in the report as `violationsUnwritten`',
  },
  maxErrorsWarmUp: {
    unit: 'records from which on a share in `maxErrors` is asked',
    default: 1_000,
    most: 2 ** 53,
    beyond: 'the share is asked at each invalid record; of fewer records it is asked at the end',
  },
  checkConcurrency: {
    unit: 'records for which rules in JavaScript answer with promises at once',
    default: 64,
    most: 65_536,
    beyond: 'the next record waits',
  },
  batchBytes: {
    unit: 'bytes of one batch; where JavaScript has an object for each record, 524,288 by default',
    default: 768 * 1024,
    most: 256 * 1024 * 1024,
    beyond: 'the batch is handed to the threads',
  },
  checkpointBytes: {
    unit: 'bytes of input from one checkpoint to the next',
    default: 64 * 1024 * 1024,
    most: 2 ** 53,
    beyond: 'how far the run has come is written, when the outputs have it',
  },
  uniqueBytesMax: {
    unit: 'bytes of memory for the keys of all rules over the whole stream (`x-unique`) and of references (`x-foreignKeys`)',
    default: 64 * 1024 * 1024,
    most: 2 ** 40,
    beyond: 'keys go to files in `temporaryDirectory`; the outcome is the same, and takes longer',
  },
  batchLinesMax: { unit: 'line ends in one batch', default: 16_384, most: 2 ** 31, beyond: 'the batch is handed to the threads' },
} as const satisfies Record<string, Limit>

export type LimitName = keyof typeof limits

/** Limits of the way of messages: from a broker, through `validateMessages`, to a broker. */
export const messageLimits = {
  messagesInFlightMax: {
    unit: 'messages taken from the source and not yet committed',
    default: 8_192,
    most: 2 ** 24,
    beyond: 'no more are taken from the source; after a crash no more than these come again',
  },
  messageBytesInFlightMax: {
    unit: 'bytes of the keys and values of these',
    default: 32 * 1024 * 1024,
    most: 2 ** 40,
    beyond: 'no more are taken from the source; one message is taken in any case',
  },
  sendBytesMax: {
    unit: 'bytes of keys, values and headers in one send of `kafkajsSink` and `platformaticSink`',
    default: 512 * 1024,
    most: 2 ** 31,
    beyond: 'sent in several; one message is sent in any case, and whether it is too large the broker tells',
  },
  violationBytesMax: {
    unit: 'bytes of violations in one dead letter',
    default: 32 * 1024,
    most: 2 ** 20,
    beyond: 'the rest is left out; `sluice-violation-count` tells how many there are in all',
  },
} as const satisfies Record<string, Limit>

export type MessageLimitName = keyof typeof messageLimits

/** The limit as it was set, or as it stands. Throws `option/invalid`. */
export function messageLimit(name: MessageLimitName, value: number | undefined): number {
  const { default: usual, most } = messageLimits[name]
  if (value === undefined) return usual
  if (Number.isInteger(value) && value >= 1 && value <= most) return value
  throw new SluiceError(
    'option/invalid',
    `${name} is ${JSON.stringify(value) ?? String(value)}; it must be a whole number from 1 to ${most}.`,
  )
}
