/**
 * A filter in a shell pipe: NDJSON events in, the valid ones out, the reasons for the others on standard error.
 *
 *     zcat events.ndjson.gz | node build/pipelines/stdin-filter.js | gzip > valid.ndjson.gz
 */
import { pipeline } from 'node:stream/promises'
import { field, schema, split, stdinSource, stdoutSink, validate } from 'sluice'

const event = schema({
  id: field.string().format('uuid'),
  at: field.string().format('date-time'),
  kind: field.enum(['click', 'view', 'purchase']),
  amount: field.number().min(0).multipleOf(0.01).optional(),
})

await pipeline(stdinSource(), validate(event, { format: 'ndjson' }), split({ valid: stdoutSink(), violations: process.stderr }))
