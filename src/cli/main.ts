#!/usr/bin/env node
import { exitCodes } from './exit-codes.js'
import { reportFailure } from './failure.js'
import { run } from './run.js'

let told = false

function fail(error: unknown): void {
  told = true
  reportFailure(error)
  process.exitCode = exitCodes.failed
}

// A reader of standard error that goes away is no failure, and there is nowhere to tell of it.
process.stderr.on('error', () => {})
// Node would say it with a stack, and end with the code of an invalid record.
process.on('uncaughtException', (error) => {
  fail(error)
  process.exit()
})
// Until the run has ended it has not ended well: should nothing be left to wait for before then, that is a failure too.
process.exitCode = exitCodes.failed
process.on('exit', (code) => {
  if (code === exitCodes.failed && !told) reportFailure(new Error('it ended before its work was done'))
})

run(process.argv.slice(2)).then((code) => {
  told = true
  process.exitCode = code
}, fail)
