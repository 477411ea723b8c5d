import { createReadStream } from 'node:fs'
import Papa from 'papaparse'
import { ajvCheck } from './checks.mjs'
import { compileCoercion } from './coercion.mjs'
import { Findings, TextFile } from './outputs.mjs'

/** @typedef {import('../child.mjs').Job} Job */

/** papaparse, a chunk of arrays at a time, and ajv. @param {Job} job */
export async function run({ input, schema, missing, outputs = {}, sink = 'null' }) {
  const check = ajvCheck(schema)
  const findings = new Findings(outputs)
  const valid = new TextFile(sink === 'files' ? outputs.valid : undefined)
  /** @type {((row: any) => Record<string, unknown>) | undefined} */
  let coerce

  /** @param {string[][]} rows */
  async function take(rows) {
    const sound = []
    for (const row of rows) {
      if (!coerce) {
        coerce = compileCoercion(schema, row, { from: 'array', missing })
        sound.push(row)
        continue
      }
      findings.read += 1
      const faults = check(coerce(row))
      if (faults) findings.refuse(faults)
      else sound.push(row)
    }
    if (sink === 'files' && sound.length > 0) valid.add(`${Papa.unparse(sound, { newline: '\n' })}\n`)
    await Promise.all([valid.flush(), findings.file.flush()])
  }

  await new Promise((resolve, reject) => {
    Papa.parse(createReadStream(input, { highWaterMark: 1 << 20, encoding: 'utf8' }), {
      delimiter: ',',
      skipEmptyLines: true,
      chunk({ data }, parser) {
        parser.pause()
        take(data).then(() => parser.resume(), reject)
      },
      complete: resolve,
      error: reject,
    })
  })
  await valid.end()
  return findings.end()
}
