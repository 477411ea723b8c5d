import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout } from 'node:timers/promises'
import { loadSluice } from '../subject.mjs'

const { fileSource, split, validate, verdictOf } = await loadSluice()

/** @typedef {import('../child.mjs').Job} Job */

/** Bytes in; out to files (with `findings`, violations and report alone), to nowhere, or to a sink that takes a millisecond for a hundred records. @param {Job} job */
export async function run({ input, schema, missing, options, outputs, sink = 'null' }) {
  const transform = validate(schema, { ...options, ...(!missing && { missing: [] }) })
  const { valid: _, invalid: __, ...findings } = outputs ?? {}
  const ends = { files: () => split(outputs ?? {}), findings: () => split(findings), slow, null: nowhere }
  await pipeline(fileSource(input), transform, ends[sink]())
  return transform.report.counts
}

function nowhere() {
  return new Writable({ objectMode: true, write: (_chunk, _encoding, callback) => callback() })
}

function slow() {
  return new Writable({
    objectMode: true,
    highWaterMark: 1,
    write(chunk, _encoding, callback) {
      setTimeout(verdictOf(chunk).counts.read / 100).then(() => callback())
    },
  })
}
