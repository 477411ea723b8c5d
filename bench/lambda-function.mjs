// The function that bench/lambda.mjs starts under the runtime client of Lambda, one handler for each thing to measure.
import { schemaOf } from './corpora/corpora.mjs'
import { loadSluice } from './subject.mjs'

/** What a function costs that does nothing. */
export const idle = async () => ({})

const kind = process.env.BENCH_HANDLER
const { lambdaHandler } = kind === 'idle' ? { lambdaHandler: () => idle } : await loadSluice()
const to = 's3://bench/out/{key}'
const schema = schemaOf('transactions')

export const messages = kind === 'messages' ? lambdaHandler({ schema, messages: { valid: () => {} } }) : idle
export const objects =
  kind === 'objects'
    ? lambdaHandler({
        schema,
        objects: { outputs: { valid: `${to}/valid`, invalid: `${to}/invalid`, violations: `${to}/violations`, report: `${to}/report` } },
      })
    : idle
