import { createReadStream } from 'node:fs'
import { Transform, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parse } from 'csv-parse'
import jsonlParser from 'stream-json/jsonl/parser.js'
import { loadSluice } from '../subject.mjs'
import { ajvCheck } from './checks.mjs'
import { compileCoercion } from './coercion.mjs'
import { Findings } from './outputs.mjs'

/** Objects of another parser, checked by Sluice, by ajv, or not at all. @param {import('../child.mjs').Job} job */
export async function run({ input, schema, missing, variant = '' }) {
  const [parserName, checker] = variant.split(' ')
  const isCsv = parserName === 'csv-parse'
  const parser = isCsv ? parse({ columns: true }) : jsonlParser.asStream()
  let read = 0
  const sink = new Writable({
    objectMode: true,
    write(_record, _encoding, callback) {
      read += 1
      callback()
    },
  })
  const reading = createReadStream(input, { highWaterMark: 1 << 20 })
  if (checker === 'none') {
    await pipeline(reading, parser, sink)
    return { read, valid: read, invalid: 0, violations: 0 }
  }
  if (checker === 'sluice') {
    const { validate } = await loadSluice()
    const transform = validate(schema, isCsv ? { cells: true } : { select: (/** @type {any} */ chunk) => chunk.value })
    await pipeline(reading, parser, transform, sink)
    return transform.report.counts
  }
  const findings = new Findings({})
  await pipeline(reading, parser, ajvTransform(schema, missing, isCsv, findings), sink)
  return findings.end()
}

/** @param {Record<string, any>} schema @param {boolean} missing @param {boolean} isCsv @param {Findings} findings */
function ajvTransform(schema, missing, isCsv, findings) {
  const check = ajvCheck(schema)
  /** @type {((row: any) => Record<string, unknown>) | undefined} */
  let coerce
  return new Transform({
    objectMode: true,
    transform(chunk, _encoding, callback) {
      if (isCsv) coerce ??= compileCoercion(schema, Object.keys(chunk), { from: 'object', missing })
      findings.read += 1
      const faults = check(coerce ? coerce(chunk) : chunk.value)
      if (!faults) return callback(null, chunk)
      findings.refuse(faults)
      callback()
    },
  })
}
