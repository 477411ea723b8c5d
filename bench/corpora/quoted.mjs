import { letters } from './random.mjs'

/** @typedef {import('./random.mjs').Random} Random */

const words = ['sluice', 'gate', 'weir', 'water', 'river', 'lock', 'flow', 'mill', 'bank', 'pond', 'écluse', 'Schleuse']
const joints = [' ', ' ', ' ', ', ', '; ', '\n', ' "', '" ']

/** Text with commas, quotes and line ends in it. @param {Random} random @param {number} count */
function prose(random, count) {
  let text = random.of(words)
  for (let word = 1; word < count; word++) text += random.of(joints) + random.of(words)
  return text
}

export const quoted = {
  seed: 20_240_504,
  /** @param {number} index @param {Random} random @returns {Record<string, unknown>} */
  record(index, random) {
    /** @type {Record<string, unknown>} */
    const record = {
      id: 1 + index,
      title: prose(random, 3 + random.below(6)),
      author: `${random.text(letters, 6)}@example.com`,
      rating: 1 + random.below(5),
      review: prose(random, 8 + random.below(24)),
    }
    if (random.below(100) < 3) record[random.of(['rating', 'author'])] = random.of(['"none"', 'six, or so'])
    return record
  },
}
