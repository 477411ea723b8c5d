import { inexactNumber, isExact, TextFault } from './text-fault.js'

// A schema nests as deep as the records it describes; this is far beyond, and safe for the stack.
const depthMax = 1000

const space = /[ \t\r\n]*/y
const token = /[{}[\]:,]|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null/y
// What ends a run of plain characters in a string.
const special = /["\\]|[^\P{Cc}\u007f-\u009f]/gu
const literals = new Map<string, boolean | null>([
  ['true', true],
  ['false', false],
  ['null', null],
])

/**
 * Reads JSON (RFC 8259) as JSON.parse does, and refuses what that lets pass in silence: a key that an object has twice, and a number that
 * a double cannot hold. Throws TextFault, which knows the line and the column.
 */
export function parseJson(text: string): unknown {
  const reader = new JsonReader(text)
  const value = reader.value(0)
  reader.end()
  return value
}

class JsonReader {
  readonly #text: string
  #offset = 0

  constructor(text: string) {
    this.#text = text
  }

  value(depth: number): unknown {
    const { word, at } = this.#next('a value')
    if (depth > depthMax) throw new TextFault(`values nest more than ${depthMax} deep`, this.#text, at)
    if (word === '{') return this.#object(depth)
    if (word === '[') return this.#array(depth)
    if (word.startsWith('"')) return JSON.parse(word)
    const literal = literals.get(word)
    if (literal !== undefined) return literal
    if (!/^[-\d]/.test(word)) throw this.#unexpected(word, at, 'a value')
    const number = Number(word)
    if (!isExact(word, number)) throw new TextFault(inexactNumber(word, number), this.#text, at)
    return number
  }

  end(): void {
    this.#skipSpace()
    if (this.#offset < this.#text.length) {
      throw new TextFault('there is more after the end of the value', this.#text, this.#offset)
    }
  }

  #object(depth: number): unknown {
    const entries = new Map<string, unknown>()
    let expected = 'a key in double quotes or }'
    for (;;) {
      const { word, at } = this.#next(expected)
      if (word === '}' && entries.size === 0) break
      if (!word.startsWith('"')) throw this.#unexpected(word, at, expected)
      const key: string = JSON.parse(word)
      if (entries.has(key)) throw new TextFault(`the key ${word} is there twice`, this.#text, at)
      this.#punctuation(':')
      entries.set(key, this.value(depth + 1))
      if (this.#punctuation(',', '}') === '}') break
      expected = 'a key in double quotes'
    }
    // Not by assignment, to which __proto__ would be no key.
    return Object.fromEntries(entries)
  }

  #array(depth: number): unknown[] {
    const items: unknown[] = []
    const start = this.#offset
    if (this.#next('a value or ]').word === ']') return items
    this.#offset = start
    do items.push(this.value(depth + 1))
    while (this.#punctuation(',', ']') === ',')
    return items
  }

  #punctuation(...allowed: string[]): string {
    const expected = allowed.join(' or ')
    const { word, at } = this.#next(expected)
    if (!allowed.includes(word)) throw this.#unexpected(word, at, expected)
    return word
  }

  #next(expected: string): { word: string; at: number } {
    this.#skipSpace()
    const at = this.#offset
    if (this.#text[at] === '"') return { word: this.#string(at), at }
    token.lastIndex = at
    const word = token.exec(this.#text)?.[0]
    if (word === undefined) throw this.#unreadable(at, expected)
    this.#offset = token.lastIndex
    return { word, at }
  }

  // Not by one pattern, which would need a stack as deep as the string is long.
  #string(at: number): string {
    special.lastIndex = at + 1
    for (let found = special.exec(this.#text); found; found = special.exec(this.#text)) {
      if (found[0] === '"') {
        this.#offset = special.lastIndex
        return this.#checkedEscapes(this.#text.slice(at, this.#offset), at)
      }
      if (/[\n\r]/.test(found[0])) break
      if (found[0] !== '\\') throw new TextFault('a string has a control character; it is to be escaped', this.#text, found.index)
      special.lastIndex += 1
    }
    throw new TextFault('a string does not close on its line', this.#text, at)
  }

  #checkedEscapes(word: string, at: number): string {
    try {
      JSON.parse(word)
      return word
    } catch {
      throw new TextFault('a string has an escape that JSON does not know', this.#text, at)
    }
  }

  #skipSpace(): void {
    space.lastIndex = this.#offset
    space.exec(this.#text)
    this.#offset = space.lastIndex
  }

  #unexpected(word: string, at: number, expected: string): TextFault {
    return new TextFault(`${expected} was expected, not ${word.length > 40 ? `${word.slice(0, 40)}…` : word}`, this.#text, at)
  }

  #unreadable(at: number, expected: string): TextFault {
    const rest = this.#text.slice(at)
    if (rest === '') return new TextFault(`the text ends where ${expected} was expected`, this.#text, at)
    const word = /^[\w.+-]+/.exec(rest)?.[0] ?? String.fromCodePoint(rest.codePointAt(0) ?? 0)
    return this.#unexpected(word, at, expected)
  }
}
