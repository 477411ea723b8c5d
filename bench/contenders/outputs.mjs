import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'

/** @typedef {import('./checks.mjs').Fault} Fault */

const textLength = 1 << 18

/** Gathers text and writes it a quarter of a mebibyte at a time. */
export class TextFile {
  #file
  #text = ''

  /** @param {string | undefined} path nothing is written without one */
  constructor(path) {
    this.#file = path === undefined ? undefined : createWriteStream(path)
  }

  /** @param {string} text */
  add(text) {
    this.#text += text
  }

  get isFull() {
    return this.#text.length >= textLength
  }

  /** Waits where the file is slower than who writes it. */
  async flush() {
    if (!this.isFull) return
    const text = this.#text
    this.#text = ''
    if (this.#file && !this.#file.write(text)) await once(this.#file, 'drain')
  }

  async end() {
    if (!this.#file) return
    this.#file.end(this.#text)
    await once(this.#file, 'finish')
  }
}

/** What a peer does with what it found, as Sluice does: violations as NDJSON, and a report with counts by rule. */
export class Findings {
  read = 0
  invalid = 0
  violations = 0
  #rules = /** @type {Map<string, number>} */ (new Map())
  #reportPath
  file

  /** @param {{ violations?: string, report?: string }} paths */
  constructor({ violations, report }) {
    this.file = new TextFile(violations)
    this.#reportPath = report
  }

  /** @param {readonly Fault[]} faults */
  refuse(faults) {
    this.invalid += 1
    for (const { field, keyword, value } of faults) {
      this.violations += 1
      const rule = `${field}/${keyword}`
      this.#rules.set(rule, (this.#rules.get(rule) ?? 0) + 1)
      this.file.add(`${JSON.stringify({ field, keyword, value, record: this.read })}\n`)
    }
  }

  async end() {
    await this.file.end()
    const { read, invalid, violations } = this
    const counts = { read, valid: read - invalid, invalid, violations }
    const report = { counts, rules: Object.fromEntries(this.#rules) }
    if (this.#reportPath) await writeFile(this.#reportPath, JSON.stringify(report))
    return counts
  }
}

/** A line of CSV, quoted where it must be. @param {readonly string[]} row */
export function csvLine(row) {
  const line = row.join(',')
  // One look at the whole line, for most lines need no quotes.
  return plain.test(line) && line.split(',').length === row.length ? `${line}\n` : `${row.map(quote).join(',')}\n`
}

const plain = /^[^"\r\n]*$/

/** @param {string} cell */
function quote(cell) {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}
