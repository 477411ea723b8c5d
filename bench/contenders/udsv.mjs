import { createReadStream } from 'node:fs'
import { inferSchema, initParser } from 'udsv'
import { ajvCheck } from './checks.mjs'
import { compileCoercion } from './coercion.mjs'
import { csvLine, Findings, TextFile } from './outputs.mjs'

/** @typedef {import('../child.mjs').Job} Job */

/** uDSV, to arrays of strings, and ajv: the strongest that JavaScript has. @param {Job} job */
export async function run({ input, schema, missing, outputs = {}, sink = 'null' }) {
  const check = ajvCheck(schema)
  const findings = new Findings(outputs)
  const valid = new TextFile(sink === 'files' ? outputs.valid : undefined)
  /** @type {ReturnType<typeof initParser> | undefined} */
  let parser
  /** @type {(row: any) => Record<string, unknown>} */
  let coerce

  /** @param {string[]} row */
  const take = (row) => {
    findings.read += 1
    const faults = check(coerce(row))
    if (faults) findings.refuse(faults)
    else if (sink === 'files') valid.add(csvLine(row))
  }

  for await (const text of createReadStream(input, { highWaterMark: 1 << 20, encoding: 'utf8' })) {
    if (!parser) {
      parser = initParser(inferSchema(text, { col: ',', row: '\n' }))
      const names = parser.schema.cols.map(({ name }) => name)
      coerce = compileCoercion(schema, names, { from: 'array', missing })
      valid.add(csvLine(names))
    }
    parser.chunk(text, parser.stringArrs, take)
    await Promise.all([valid.flush(), findings.file.flush()])
  }
  parser?.end()
  await valid.end()
  return findings.end()
}
