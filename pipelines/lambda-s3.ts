/**
 * A function of AWS Lambda: for each object that is created in a bucket, the valid records, the refused ones, the reasons and a report go to objects of
 * another bucket. An object for which one invocation has no time is gone on with by the next ones, each of which writes a part.
 *
 * Zip this file with its packages, as the README says under Lambda; the handler is `lambda-s3.handler`.
 */
import { field, lambdaHandler, schema } from 'sluice'

const person = schema({
  user_id: field.string().pattern(/^\d{6}$/),
  email: field.string().format('email'),
  age: field.integer().min(18).max(120),
  balance: field.number().min(0).optional(),
})

const checked = `s3://${process.env['CHECKED'] ?? 'checked'}/{key}`

export const handler = lambdaHandler({
  schema: person,
  objects: {
    outputs: {
      valid: `${checked}/valid-{start}.csv`,
      invalid: `${checked}/invalid-{start}.csv`,
      violations: `${checked}/violations-{start}.ndjson`,
      // The last invocation's report is of the whole object; where it says complete, all parts are there.
      report: `${checked}/report.json`,
    },
    options: { mask: ['email'] },
    // Step Functions, say, looks at what the function returns, and calls it again with `next`.
    unfinished: 'return',
  },
})
