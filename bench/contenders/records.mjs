import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parse } from 'csv-parse'
import { loadSluice } from '../subject.mjs'
import { ajvCheck } from './checks.mjs'
import { compileCoercion } from './coercion.mjs'
import { Findings } from './outputs.mjs'

/** Typed objects of the valid records. @param {import('../child.mjs').Job} job */
export function run(job) {
  return job.variant === 'csv-parse' ? csvParse(job) : job.variant === 'readline' ? lines(job) : sluice(job)
}

/** @param {import('../child.mjs').Job} job */
async function sluice({ input, schema, missing, variant }) {
  const { fileSource, recordBatches, records, validate } = await loadSluice()
  const transform = validate(schema, missing ? {} : { missing: [] })
  const consumer = new Consumer()
  if (variant === 'recordBatches') {
    await pipeline(fileSource(input), transform, recordBatches(), async (/** @type {AsyncIterable<any[]>} */ batches) => {
      for await (const batch of batches) for (const record of batch) consumer.take(record)
    })
  } else if (variant === 'records') {
    await pipeline(fileSource(input), transform, records(), async (/** @type {AsyncIterable<any>} */ all) => {
      for await (const record of all) consumer.take(record)
    })
  } else {
    await pipeline(fileSource(input), transform, records(), consumer.sink())
  }
  return { ...transform.report.counts, extra: { taken: consumer.taken } }
}

/** @param {import('../child.mjs').Job} job */
async function csvParse({ input, schema, missing }) {
  const check = ajvCheck(schema)
  const findings = new Findings({})
  const consumer = new Consumer()
  /** @type {((row: any) => Record<string, unknown>) | undefined} */
  let coerce
  const parser = parse({ columns: true, bom: true })
  await pipeline(createReadStream(input, { highWaterMark: 1 << 20 }), parser, async (rows) => {
    for await (const row of rows) {
      coerce ??= compileCoercion(schema, Object.keys(row), { from: 'object', missing })
      const record = coerce(row)
      findings.read += 1
      const faults = check(record)
      if (faults) findings.refuse(faults)
      else consumer.take(record)
    }
  })
  return { ...(await findings.end()), extra: { taken: consumer.taken } }
}

/** @param {import('../child.mjs').Job} job */
async function lines({ input, schema }) {
  const check = ajvCheck(schema)
  const findings = new Findings({})
  const consumer = new Consumer()
  for await (const line of createInterface({ input: createReadStream(input, { highWaterMark: 1 << 20 }) })) {
    const record = JSON.parse(line)
    findings.read += 1
    const faults = check(record)
    if (faults) findings.refuse(faults)
    else consumer.take(record)
  }
  return { ...(await findings.end()), extra: { taken: consumer.taken } }
}

/** Counts, which is as little as can be done with records. */
class Consumer {
  taken = 0

  /** @param {Record<string, any>} _record */
  take(_record) {
    this.taken += 1
  }

  sink() {
    return new Writable({
      objectMode: true,
      write: (record, _encoding, callback) => {
        this.take(record)
        callback()
      },
    })
  }
}
