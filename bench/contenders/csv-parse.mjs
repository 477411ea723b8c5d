import { createReadStream, createWriteStream } from 'node:fs'
import { Transform, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parse } from 'csv-parse'
import { stringify } from 'csv-stringify'
import { ajvCheck, zodCheck } from './checks.mjs'
import { compileCoercion } from './coercion.mjs'
import { Findings } from './outputs.mjs'

/** @typedef {import('../child.mjs').Job} Job */

/** csv-parse, ajv or zod, csv-stringify: what most people write. @param {Job} job */
export async function run({ input, schema, missing, outputs = {}, sink = 'null', variant }) {
  const check = variant === 'zod' ? zodCheck(schema) : ajvCheck(schema)
  const findings = new Findings(outputs)
  /** @type {((row: any) => Record<string, unknown>) | undefined} */
  let coerce
  const checking = new Transform({
    objectMode: true,
    transform(row, _encoding, callback) {
      coerce ??= compileCoercion(schema, Object.keys(row), { from: 'object', missing })
      findings.read += 1
      const faults = check(coerce(row))
      if (!faults) return callback(null, row)
      findings.refuse(faults)
      findings.file.flush().then(() => callback(), callback)
    },
  })
  const reading = createReadStream(input, { highWaterMark: 1 << 20 })
  const out = sink === 'files' ? [stringify({ header: true }), createWriteStream(/** @type {string} */ (outputs.valid))] : [nowhere()]
  await pipeline([reading, parse({ columns: true, bom: true }), checking, ...out])
  return findings.end()
}

function nowhere() {
  return new Writable({ objectMode: true, write: (_record, _encoding, callback) => callback() })
}
