/**
 * A schema of zod with a refinement: Rust checks what JSON Schema can say, zod is asked of the records that pass.
 *
 *     node build/pipelines/zod-schema.js < signups.ndjson > ok.ndjson
 */
import { pipeline } from 'node:stream/promises'
import { split, stdinSource, stdoutSink, validate } from 'sluice'
import * as z from 'zod'

const signup = z
  .object({ name: z.string().min(1), password: z.string().min(8), again: z.string() })
  .refine(({ password, again }) => password === again, { path: ['again'], message: 'is not the same' })

const [report] = process.argv.slice(2)
const targets = { valid: stdoutSink(), violations: process.stderr, ...(report !== undefined && { report }) }
await pipeline(stdinSource(), validate(signup, { format: 'ndjson' }), split(targets))
