import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout } from 'node:timers/promises'
import { loadSluice } from '../subject.mjs'

const { fileSource, split, validate, verdictOf } = await loadSluice()

/** @typedef {import('../child.mjs').Job} Job */

/** Bytes in; out to files, to nowhere, or to a sink that takes a millisecond for a hundred records. @param {Job} job */
export async function run({ input, schema, missing, options, outputs, sink = 'null' }) {
  const transform = validate(schema, { ...options, ...(!missing && { missing: [] }) })
  await pipeline(fileSource(input), transform, sink === 'files' ? split(outputs) : sink === 'slow' ? slow() : nowhere())
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
