import { capitals, digits } from './random.mjs'

/** @typedef {import('./random.mjs').Random} Random */

const levels = ['low', 'mid', 'high', 'none']
const kinds = 4
const columns = 60

/** The kind of a column follows from its number: integer, number, enum, code. */
const nameOf = (/** @type {number} */ at) => `${['count', 'rate', 'level', 'code'][at % kinds]}_${at}`

/** @param {number} at @param {Random} random */
function sound(at, random) {
  if (at % kinds === 0) return random.below(100_000)
  if (at % kinds === 1) return random.below(1_000_000) / 1000
  if (at % kinds === 2) return random.of(levels)
  return `${random.text(capitals, 3)}${random.text(digits, 3)}`
}

/** @param {number} at */
function unsound(at) {
  return [-1, 'n/a', 'highest', '12-xyz'][at % kinds]
}

export const wide = {
  seed: 20_240_503,
  /** @param {number} _index @param {Random} random */
  record(_index, random) {
    /** @type {Record<string, unknown>} */
    const record = {}
    for (let at = 0; at < columns; at++) record[nameOf(at)] = sound(at, random)
    if (random.below(100) < 3) {
      const at = random.below(columns)
      record[nameOf(at)] = unsound(at)
    }
    return record
  },
}

const rules = [
  { type: 'integer', minimum: 0, maximum: 99_999 },
  { type: 'number', minimum: 0, maximum: 1000 },
  { type: 'string', enum: levels },
  { type: 'string', pattern: '^[A-Z]{3}[0-9]{3}$' },
]
const names = Array.from({ length: columns }, (_, at) => nameOf(at))

export const wideSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  properties: Object.fromEntries(names.map((name, at) => [name, rules[at % kinds]])),
  required: names,
}
