import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { isSluiceError, split, type ValidateOptions, validate } from 'sluice'

/** Where the cases are: beside the sources of this program, which runs compiled. */
export const folder = fileURLToPath(new URL('../../../test/golden/', import.meta.url))
export const cases = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
export const outputs = ['valid', 'invalid', 'violations.ndjson', 'report.json', 'error.json'] as const

/** What stands in each output of a case; an output that is not there is not made. */
export type Outputs = Partial<Record<(typeof outputs)[number], string>>

/** Runs a case. Of the report, what changes from run to run and from version to version is left out. */
export async function run(name: string, more: ValidateOptions = {}): Promise<Outputs> {
  const path = (file: string) => join(folder, name, file)
  const input = ['input.csv', 'input.ndjson'].find((file) => existsSync(path(file))) as string
  const options: ValidateOptions = existsSync(path('options.json')) ? JSON.parse(readFileSync(path('options.json'), 'utf8')) : {}
  const made: Outputs = {}
  const target = (output: keyof Outputs) => {
    const chunks: Buffer[] = []
    const write = (chunk: Buffer, _encoding: string, next: (error?: null) => void) => {
      chunks.push(chunk)
      next()
    }
    // Latin-1 keeps every byte, also those that are no UTF-8.
    const final = (next: () => void) => {
      made[output] = Buffer.concat(chunks).toString('latin1')
      next()
    }
    return new Writable({ write, final })
  }
  const schema = JSON.parse(readFileSync(path('schema.json'), 'utf8'))
  const targets = {
    valid: target('valid'),
    invalid: target('invalid'),
    violations: target('violations.ndjson'),
    report: target('report.json'),
  }
  const format = input.endsWith('.csv') ? 'csv' : 'ndjson'
  const gate = validate(schema, { format, ...options, ...more })
  await pipeline(Readable.from([readFileSync(path(input))]), gate, split(targets)).catch((error) => {
    if (!isSluiceError(error)) throw error
    made['error.json'] = `${JSON.stringify({ code: error.code, message: error.message }, null, 2)}\n`
  })
  if (made['report.json']) made['report.json'] = withoutTimes(made['report.json'])
  return made
}

function withoutTimes(text: string): string {
  const { version: _version, startedAt: _startedAt, endedAt: _endedAt, ...rest } = JSON.parse(Buffer.from(text, 'latin1').toString())
  return Buffer.from(`${JSON.stringify(rest, null, 2)}\n`).toString('latin1')
}

/** What the case is expected to make. */
export function expected(name: string): Outputs {
  const there = outputs.filter((output) => existsSync(join(folder, name, output)))
  return Object.fromEntries(there.map((output) => [output, readFileSync(join(folder, name, output), 'latin1')]))
}
