import { capitals, digits, letters, two } from './random.mjs'

/** @typedef {import('./random.mjs').Random} Random */

const hex = '0123456789abcdef'

/** What can be wrong, each so that every validator of the comparison refuses it. @type {((record: Record<string, unknown>) => void)[]} */
const faults = [
  (record) => (record.id = String(record.id).replaceAll('-', '_')),
  (record) => (record.born = String(record.born).replace(/-\d\d-/, '-13-')),
  (record) => (record.email = String(record.email).replace('@', '.')),
  (record) => (record.address = `${record.address}.1`),
  (record) => (record.phone = `${record.phone}x`),
  (record) => (record.iban = String(record.iban).toLowerCase()),
  (record) => (record.age = 151),
]

/** @param {Random} random */
function contact(random) {
  const uuid = [8, 4, 4, 4, 12].map((length) => random.text(hex, length)).join('-')
  const day = () => `${two(1 + random.below(12))}-${two(1 + random.below(28))}`
  const name = random.text(letters, 5 + random.below(6))
  return {
    id: uuid,
    seen_at: `2024-${day()}T${two(random.below(24))}:${two(random.below(60))}:${two(random.below(60))}.${random.text(digits, 3)}Z`,
    born: `19${two(30 + random.below(70))}-${day()}`,
    email: `${name}@example.com`,
    address: Array.from({ length: 4 }, () => random.below(256)).join('.'),
    site: `https://${name}.example.org/people/${random.below(1e6)}?from=list`,
    phone: `+${random.text('123456789', 2)} ${random.text(digits, 3)} ${random.text(digits, 7)}`,
    iban: `${random.text(capitals, 2)}${random.text(digits, 20)}`,
    postcode: random.text(digits, 5),
    card: `${random.text(digits, 4)}-${random.text(digits, 4)}-${random.text(digits, 4)}`,
    language: `${random.text(letters, 2)}-${random.text(capitals, 2)}`,
    age: random.below(120),
  }
}

export const contacts = {
  seed: 20_240_504,
  /** @param {number} _index @param {Random} random */
  record(_index, random) {
    /** @type {Record<string, unknown>} */
    const record = contact(random)
    if (random.below(100) < 3) faults[random.below(faults.length)](record)
    return record
  },
}

const patterns = {
  phone: '^\\+[0-9]{2} [0-9]{3} [0-9]{7}$',
  iban: '^[A-Z]{2}[0-9]{20}$',
  postcode: '^[0-9]{5}$',
  card: '^[0-9]{4}-[0-9]{4}-[0-9]{4}$',
  language: '^[a-z]{2}-[A-Z]{2}$',
}
const formats = { id: 'uuid', seen_at: 'date-time', born: 'date', email: 'email', address: 'ipv4', site: 'uri' }
const properties = {
  ...Object.fromEntries(Object.entries(formats).map(([name, format]) => [name, { type: 'string', format }])),
  ...Object.fromEntries(Object.entries(patterns).map(([name, pattern]) => [name, { type: 'string', pattern }])),
  age: { type: 'integer', minimum: 0, maximum: 150 },
}

export const contactsSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  properties,
  required: Object.keys(properties),
}
