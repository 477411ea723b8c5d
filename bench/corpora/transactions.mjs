import { capitals, digits, letters, two } from './random.mjs'

/** @typedef {import('./random.mjs').Random} Random */

const statuses = ['pending', 'settled', 'refused', 'reversed']
const currencies = ['EUR', 'USD', 'GBP', 'JPY', 'CHF', 'SEK', 'INR', 'BRL']
const domains = ['example.com', 'mail.example.org', 'example.co.uk', 'corp.example.net']

/** What can be wrong, each so that every validator of the comparison refuses it. @type {((record: Record<string, unknown>, random: Random) => void)[]} */
const faults = [
  (record, random) => (record.id = `x${random.below(1e6)}`),
  (record) => (record.occurred_at = String(record.occurred_at).replace(/-\d\d-/, '-13-')),
  (record, random) => (record.status = random.of(['unknown', 'PENDING', 'settle'])),
  (record, random) => (record.amount = -random.below(1e6) / 100 - 0.01),
  (record, random) => (record.quantity = 1001 + random.below(9000)),
  (record) => (record.currency = String(record.currency).toLowerCase()),
  (record) => (record.account = String(record.account).slice(0, -1)),
  (record) => (record.email = String(record.email).replace('@', '.')),
  (record) => (record.reference = String(record.reference).replaceAll('-', '_')),
]

/** A sound record. @param {number} index @param {Random} random @returns {Record<string, unknown>} */
export function transaction(index, random) {
  const day = `20${two(20 + random.below(6))}-${two(1 + random.below(12))}-${two(1 + random.below(28))}`
  return {
    id: 1_000_000 + index,
    occurred_at: `${day}T${two(random.below(24))}:${two(random.below(60))}:${two(random.below(60))}Z`,
    status: random.of(statuses),
    amount: (1 + random.below(9_999_999)) / 100,
    quantity: 1 + random.below(1000),
    currency: random.of(currencies),
    account: `AC${random.text(digits, 10)}`,
    email: `${random.text(letters, 4 + random.below(5))}.${random.text(letters, 3 + random.below(4))}@${random.of(domains)}`,
    reference: `${random.text(capitals, 2)}-${random.text(digits, 4)}-${random.text(capitals, 6)}`,
  }
}

/** Spoils one field, sometimes two. @param {Record<string, unknown>} record @param {Random} random */
export function spoil(record, random) {
  const first = random.below(faults.length)
  faults[first](record, random)
  if (random.below(8) === 0) faults[(first + 1 + random.below(faults.length - 1)) % faults.length](record, random)
}

export const transactions = {
  seed: 20_240_501,
  /** @param {number} index @param {Random} random */
  record(index, random) {
    const record = transaction(index, random)
    if (random.below(100) < 3) spoil(record, random)
    return record
  },
}

export const allBad = {
  seed: 20_240_502,
  /** @param {number} index @param {Random} random */
  record(index, random) {
    const record = transaction(index, random)
    spoil(record, random)
    return record
  },
}
