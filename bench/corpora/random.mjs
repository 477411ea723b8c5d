/** A seeded generator of numbers (sfc32): the same corpus on every machine and in every version of Node. */
export class Random {
  #a
  #b
  #c
  #count = 1

  /** @param {number} seed */
  constructor(seed) {
    this.#a = seed | 0
    this.#b = 0x9e3779b9 | 0
    this.#c = 0x243f6a88 | 0
    for (let turn = 0; turn < 16; turn++) this.next()
  }

  /** A whole number of 32 bits. */
  next() {
    const sum = (((this.#a + this.#b) | 0) + this.#count) | 0
    this.#count = (this.#count + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  /** A whole number from 0 to `end`, `end` excluded. @param {number} end */
  below(end) {
    return Math.floor((this.next() / 4294967296) * end)
  }

  /** One of `items`. @template T @param {readonly T[]} items @returns {T} */
  of(items) {
    return items[this.below(items.length)]
  }

  /** `length` of the characters of `alphabet`. @param {string} alphabet @param {number} length */
  text(alphabet, length) {
    let text = ''
    for (let at = 0; at < length; at++) text += alphabet[this.below(alphabet.length)]
    return text
  }
}

export const digits = '0123456789'
export const capitals = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
export const letters = 'abcdefghijklmnopqrstuvwxyz'

/** Two digits. @param {number} value */
export const two = (value) => (value < 10 ? `0${value}` : String(value))
