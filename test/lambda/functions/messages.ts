import { setTimeout as delay } from 'node:timers/promises'
import { type LambdaMessages, lambdaHandler } from 'sluice'
import { person } from '../../transforms/people.js'

// What a test sets of it: the format, and what its targets do.
const { format, valid, invalid, options } = JSON.parse(process.env['SETTINGS'] ?? '{}')

const targets: Record<string, (messages: unknown[]) => unknown> = {
  tell: (messages) => console.log(`TAKEN ${JSON.stringify(messages)}`),
  reject: () => Promise.reject(new Error('the database is away')),
  hang: () => delay(60_000, undefined, { ref: false }),
}

export const handler = lambdaHandler({
  schema: person,
  stopMarginMs: 1_000,
  abortMarginMs: 500,
  messages: { format, options, valid: targets[valid ?? 'tell'], invalid: targets[invalid] ?? 'fail' } as LambdaMessages,
})
