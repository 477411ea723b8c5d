import { lambdaHandler } from 'sluice'
import { person } from '../../transforms/people.js'

// What a test sets of it. Small pieces, so that a slow object is read as it comes.
const settings = JSON.parse(process.env['SETTINGS'] ?? '{}')
const to = 's3://bucket/out/{key}'

export const handler = lambdaHandler({
  schema: person,
  stopMarginMs: 2_000,
  abortMarginMs: 500,
  objects: {
    outputs: { valid: `${to}/valid.csv`, invalid: `${to}/invalid.csv`, violations: `${to}/violations.ndjson`, report: `${to}/report.json` },
    source: { readBytes: 64 * 1024 },
    ...settings,
  },
})
