import { fileURLToPath } from 'node:url'
import { outputsOf } from '../scratch.mjs'

/** @typedef {import('../harness.mjs').Contender} Contender */

const frames = fileURLToPath(new URL('./frames.py', import.meta.url))

/**
 * @typedef {object} Course what all contenders run
 * @property {string} input
 * @property {Record<string, any>} schema
 * @property {boolean} missing
 * @property {'null' | 'files' | 'findings'} sink
 * @property {number} records
 */

/** A contender that Node runs. @param {string} name @param {Course} course @param {Partial<import('../child.mjs').Job>} more @returns {Contender} */
export function nodeContender(name, { input, schema, missing, sink }, more) {
  const outputs = outputsOf(name.replace(/\W+/g, '-'))
  return { name, job: /** @type {import('../child.mjs').Job} */ ({ input, schema, missing, sink, outputs, ...more }) }
}

/** Sluice, and all that CSV is validated with in JavaScript. @param {Course} course */
export function csvContenders(course) {
  return [
    nodeContender('Sluice', course, { contender: 'sluice' }),
    nodeContender('csv-parse + ajv + csv-stringify', course, { contender: 'csv-parse', variant: 'ajv' }),
    nodeContender('csv-parse + zod + csv-stringify', course, { contender: 'csv-parse', variant: 'zod' }),
    nodeContender('papaparse + ajv', course, { contender: 'papaparse' }),
    nodeContender('uDSV + ajv', course, { contender: 'udsv' }),
  ]
}

/** What Python has, where it was asked for. @param {Course} course @param {string | undefined} python @returns {Contender[]} */
export function pythonContenders(course, python) {
  if (!python) return []
  return ['duckdb', 'polars'].map((engine) => {
    const outputs = outputsOf(engine)
    const job = JSON.stringify({ ...course, outputs })
    return { name: `${engine} (valid records only)`, command: [python, frames, engine, job], outputs }
  })
}
