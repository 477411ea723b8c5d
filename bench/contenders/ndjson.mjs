import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { ajvCheck } from './checks.mjs'
import { Findings, TextFile } from './outputs.mjs'

/** @typedef {import('../child.mjs').Job} Job */

/** Lines, JSON.parse, ajv. Lines by readline, as most people do it, or split by hand, which is faster. @param {Job} job */
export async function run({ input, schema, outputs = {}, sink = 'null', variant }) {
  const check = ajvCheck(schema)
  const findings = new Findings(outputs)
  const valid = new TextFile(sink === 'files' ? outputs.valid : undefined)

  /** @param {string} line */
  const take = (line) => {
    findings.read += 1
    const faults = check(JSON.parse(line))
    if (faults) findings.refuse(faults)
    else if (sink === 'files') valid.add(`${line}\n`)
  }

  if (variant === 'readline') {
    for await (const line of createInterface({
      input: createReadStream(input, { highWaterMark: 1 << 20 }),
      crlfDelay: Number.POSITIVE_INFINITY,
    })) {
      take(line)
      if (valid.isFull) await valid.flush()
    }
  } else {
    let rest = ''
    for await (const text of createReadStream(input, { highWaterMark: 1 << 20, encoding: 'utf8' })) {
      const lines = (rest + text).split('\n')
      rest = /** @type {string} */ (lines.pop())
      lines.forEach(take)
      await Promise.all([valid.flush(), findings.file.flush()])
    }
    if (rest !== '') take(rest)
  }
  await valid.end()
  return findings.end()
}
