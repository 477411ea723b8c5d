import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import fc from 'fast-check'
import { field, type LimitError, schema, type ValidateOptions, validate, verdictOf } from 'sluice'
import t from 'tap'

/** Rules over the whole stream, in JavaScript, and a limit of errors: what they refuse is known after records were transformed. */
const plain = schema({ id: field.integer().max(50), name: field.string(), note: field.string().optional() })
const ruled = plain.unique('id').check('name', ({ name }) => name !== 'c' || 'is c')
const steps = [{ rename: { name: 'title' } }, { drop: ['note'] }, { case: { title: 'upper' } }] as const

interface Outcome {
  valid: string
  invalid: string
  violations: string
  counts: unknown
  stopped: string | undefined
}

async function run(input: string, asked: Parameters<typeof validate>[0], options: ValidateOptions): Promise<Outcome> {
  const stream = validate(asked, options)
  const outcome = { valid: '', invalid: '', violations: '', counts: undefined as unknown, stopped: undefined as string | undefined }
  const take = async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      const verdict = verdictOf(chunk)
      outcome.valid += chunk
      outcome.invalid += verdict?.invalid
      outcome.violations += verdict?.violations
    }
  }
  await pipeline(Readable.from([Buffer.from(input)]), stream, take).catch((error: LimitError) => {
    if (error.code !== 'limit/max-errors') throw error
    outcome.stopped = error.message
  })
  return { ...outcome, counts: stream.report?.counts }
}

const record = fc.record({ id: fc.integer({ min: 1, max: 60 }), name: fc.constantFrom('a', 'b', 'c', 'x"y', 'ü') })
const quoted = (text: string) => (text.includes('"') ? `"${text.replaceAll('"', '""')}"` : text)
const formats = {
  csv: (records: { id: number; name: string }[]) => `id,name,note\n${records.map(({ id, name }) => `${id},${quoted(name)},n\n`).join('')}`,
  ndjson: (records: { id: number; name: string }[]) => records.map((one) => `${JSON.stringify({ ...one, note: 'n' })}\n`).join(''),
  json: (records: { id: number; name: string }[]) => JSON.stringify(records),
} as const

for (const [format, text] of Object.entries(formats)) {
  t.test(`what rules refuse is not transformed: ${format}`, async (t) => {
    const cases = fc.record({
      records: fc.array(record, { minLength: 1, maxLength: 60 }),
      batchBytes: fc.integer({ min: 1, max: 600 }),
      maxErrors: fc.option(fc.integer({ min: 0, max: 8 }), { nil: undefined }),
    })
    await fc.assert(
      fc.asyncProperty(cases, async ({ records, batchBytes, maxErrors }) => {
        const options = { format: format as 'csv', batchBytes, maxErrors }
        const input = text(records)
        const rulesAlone = await run(input, ruled, options)
        const both = await run(input, ruled.transform(steps), options)
        // The steps of what the rules let through, by a stream of their own.
        const untransformed = format === 'json' ? 'ndjson' : (format as 'csv')
        const afterwards =
          rulesAlone.valid === '' ? '' : (await run(rulesAlone.valid, plain.transform(steps), { format: untransformed })).valid
        return (
          both.valid === afterwards &&
          both.invalid === rulesAlone.invalid &&
          both.violations === rulesAlone.violations &&
          both.stopped === rulesAlone.stopped &&
          JSON.stringify(both.counts) === JSON.stringify(rulesAlone.counts)
        )
      }),
      { numRuns: Number(process.env['LAW_CASES'] ?? 150) },
    )
    t.pass()
  })
}
