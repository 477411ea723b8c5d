import { SluiceError } from '../errors.js'
import { type LimitName, messageLimit } from '../limits.js'
import type { PlanOptions, StreamOptions } from '../native.js'
import { planOptions, type SchemaOptions, schemaOptionsIn } from '../schema/schema-options.js'
import { invalidOption, streamOptions, texts, type ValidateOptions } from './options.js'

type Shared =
  | 'cells'
  | 'missing'
  | 'mask'
  | 'formatAssertion'
  | 'unknownKeywords'
  | 'references'
  | 'schemaBytesMax'
  | 'duplicateKeys'
  | 'threads'
  | Extract<
      LimitName,
      'recordBytesMax' | 'depthMax' | 'patternStepsMax' | 'ruleStepsMax' | 'valueBytesMax' | 'violationsPerRecordMax' | 'batchBytes'
    >

/** Options of `validateMessages`. Those that `validate` has too mean the same. */
export interface MessageOptions<M = never> extends Pick<ValidateOptions, Shared> {
  /** How a value of bytes or text is written. CSV is refused: a message has no header row; parse it in `select`, and set `cells`. */
  format?: 'json' | undefined
  /**
   * What is to be checked of a message: bytes or text of JSON, a record as an object, or `null` for a tombstone. Default: its `value`.
   * Where it throws, the message has the violation `message/unreadable`.
   */
  select?: ((message: M) => unknown) | undefined
  /** A message without a value: `valid` (the default), or `invalid`, with the violation `message/tombstone`. */
  tombstones?: 'valid' | 'invalid' | undefined
  /** See `messageLimits`. */
  messagesInFlightMax?: number | undefined
  /** See `messageLimits`. */
  messageBytesInFlightMax?: number | undefined
}

/** The options of `validateMessages`, made sure of. */
export interface CheckedMessageOptions {
  plan: PlanOptions
  stream: StreamOptions
  select: (message: never) => unknown
  tombstonesAreValid: boolean
  messagesMax: number
  bytesMax: number
}

const own = ['format', 'select', 'tombstones', 'messagesInFlightMax', 'messageBytesInFlightMax']
const shared = [
  ...['cells', 'missing', 'mask', 'formatAssertion', 'unknownKeywords', 'references', 'schemaBytesMax', 'duplicateKeys', 'threads'],
  ...['recordBytesMax', 'depthMax', 'patternStepsMax', 'ruleStepsMax', 'valueBytesMax', 'violationsPerRecordMax', 'batchBytes'],
]

/** Throws `option/invalid`, also for a name that is no option. */
export function messageOptions(options: MessageOptions, ofSchema: SchemaOptions = {}): CheckedMessageOptions {
  if (typeof options !== 'object' || options === null) throw invalidOption('options', options, 'an object')
  const unknown = Object.keys(options).find((name) => !own.includes(name) && !shared.includes(name))
  if (unknown !== undefined) {
    const all = [...own, ...shared].join(', ')
    throw new SluiceError('option/invalid', `validateMessages has no option ${JSON.stringify(unknown)}; the options are ${all}.`)
  }
  const { format = 'json', select, tombstones = 'valid' } = options
  if (format !== 'json') {
    const how = 'a CSV value has no header row: parse it in select, give the object, and set cells: true'
    throw new SluiceError('option/invalid', `format is ${JSON.stringify(format)}; messages are read as json (${how}).`)
  }
  if (select !== undefined && typeof select !== 'function') throw invalidOption('select', select, 'a function')
  if (tombstones !== 'valid' && tombstones !== 'invalid') throw invalidOption('tombstones', tombstones, 'one of valid, invalid')
  if (options.missing !== undefined && options.cells !== true) {
    throw new SluiceError('option/invalid', 'missing is of CSV cells, and messages have some only with cells: true.')
  }
  if (options.duplicateKeys === 'last' && options.cells === true) {
    throw new SluiceError('option/invalid', "duplicateKeys: 'last' is for JSON values, not for records that are cells (cells: true).")
  }
  const given = Object.fromEntries(Object.entries(options).filter(([name]) => shared.includes(name))) as ValidateOptions
  return {
    plan: planOptions({ ...ofSchema, ...schemaOptionsIn(given) }, texts('mask', given.mask)),
    stream: { ...streamOptions(given), format: options.cells ? 'cells' : 'records', encoding: 'utf-8', allowEmpty: true },
    select: select ?? ((message: { value?: unknown }) => message.value),
    tombstonesAreValid: tombstones === 'valid',
    messagesMax: messageLimit('messagesInFlightMax', options.messagesInFlightMax),
    bytesMax: messageLimit('messageBytesInFlightMax', options.messageBytesInFlightMax),
  }
}
