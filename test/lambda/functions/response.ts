import { lambdaResponseHandler } from 'sluice'
import { person } from '../../transforms/people.js'

const { panicAtBatch, ...settings } = JSON.parse(process.env['SETTINGS'] ?? '{}')
const options = { ...settings.options, [Symbol.for('sluice.test.panicAtBatch')]: panicAtBatch }

export const handler = lambdaResponseHandler({ schema: person, stopMarginMs: 1_000, abortMarginMs: 500, ...settings, options })
