import { createReadStream, readFileSync } from 'node:fs'
import { Readable, Transform, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parse } from 'csv-parse'
import jsonlParser from 'stream-json/jsonl/parser.js'
import { loadSluice } from '../subject.mjs'
import { ajvCheck } from './checks.mjs'
import { compileCoercion } from './coercion.mjs'
import { Findings } from './outputs.mjs'

/** @type {Record<string, unknown>[]} */
let inMemory = []

/** Modules are loaded before the clock runs, as those of ajv are, and objects in memory made. @param {import('../child.mjs').Job} job */
export async function prepare({ input, variant = '' }) {
  if (variant.endsWith('sluice')) await loadSluice()
  if (!variant.startsWith('memory')) return
  const lines = readFileSync(input, 'utf8').trimEnd().split('\n')
  inMemory = lines.map((line) => JSON.parse(line))
}

/** All of them, as a program with a list has them. */
function fromMemory() {
  let at = 0
  return new Readable({
    objectMode: true,
    read() {
      while (at < inMemory.length && this.push(inMemory[at++]));
      if (at === inMemory.length) this.push(null)
    },
  })
}

/** Objects of another parser, checked by Sluice, by ajv, or not at all. @param {import('../child.mjs').Job} job */
export async function run({ input, schema, missing, variant = '' }) {
  const [parserName, checker] = variant.split(' ')
  const isCsv = parserName === 'csv-parse'
  const isWrapped = parserName === 'stream-json'
  let read = 0
  const sink = new Writable({
    objectMode: true,
    write(_record, _encoding, callback) {
      read += 1
      callback()
    },
  })
  const reading = () => createReadStream(input, { highWaterMark: 1 << 20 })
  const source = isCsv ? [reading(), parse({ columns: true })] : isWrapped ? [reading(), jsonlParser.asStream()] : [fromMemory()]
  if (checker === 'none') {
    await pipeline([...source, sink])
    return { read, valid: read, invalid: 0, violations: 0 }
  }
  if (checker === 'sluice') {
    const { validate } = await loadSluice()
    const transform = validate(schema, isCsv ? { cells: true } : isWrapped ? { select: (/** @type {any} */ chunk) => chunk.value } : {})
    await pipeline([...source, transform, sink])
    return transform.report.counts
  }
  const findings = new Findings({})
  await pipeline([...source, ajvTransform(schema, missing, { isCsv, isWrapped }, findings), sink])
  return findings.end()
}

/** @param {Record<string, any>} schema @param {boolean} missing @param {{ isCsv: boolean, isWrapped: boolean }} form @param {Findings} findings */
function ajvTransform(schema, missing, { isCsv, isWrapped }, findings) {
  const check = ajvCheck(schema)
  /** @type {((row: any) => Record<string, unknown>) | undefined} */
  let coerce
  return new Transform({
    objectMode: true,
    transform(chunk, _encoding, callback) {
      if (isCsv) coerce ??= compileCoercion(schema, Object.keys(chunk), { from: 'object', missing })
      findings.read += 1
      const faults = check(coerce ? coerce(chunk) : isWrapped ? chunk.value : chunk)
      if (!faults) return callback(null, chunk)
      findings.refuse(faults)
      callback()
    },
  })
}
