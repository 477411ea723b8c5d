// A program that goes on from its checkpoint: run by the tests, and killed by them. Its one argument is its order as JSON.
import { pipeline } from 'node:stream/promises'
import { checkpoint, fileSource, isSluiceError, s3Source, split, validate } from 'sluice'
import type { Order } from './order.js'

const { input, folder, outputs, rules, options }: Order = JSON.parse(process.argv[2] as string)
const kept = checkpoint(`${folder}/run.checkpoint`)
try {
  await pipeline(
    (input.startsWith('s3://') ? s3Source : fileSource)(input, { checkpoint: kept, readBytes: 5_000 }),
    validate(rules, { ...options, checkpoint: kept }),
    split(outputs, { checkpoint: kept }),
  )
} catch (error) {
  process.exitCode = isSluiceError(error, 'limit/max-errors') ? 3 : 2
  if (process.exitCode === 2) console.error(error)
}
