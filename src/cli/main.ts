#!/usr/bin/env node
import { exitCodes } from './exit-codes.js'
import { reportFailure } from './failure.js'
import { run } from './run.js'

// A reader of standard error that goes away is no failure, and there is nowhere to tell of it.
process.stderr.on('error', () => {})

try {
  process.exitCode = await run(process.argv.slice(2))
} catch (error) {
  reportFailure(error)
  process.exitCode = exitCodes.failed
}
