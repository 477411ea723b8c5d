import type { OptionDefinition, ParsedArguments } from 'yargs'
import { SluiceError } from '../errors.js'

export const inputs = 'Inputs:'
export const records = 'Records:'
export const outputs = 'Outputs:'
export const running = 'Running:'

export function text(group: string, describe: string, more: OptionDefinition = {}): OptionDefinition {
  // nargs, unlike a mere type, lets a value be `-` and refuses an option without one.
  return { type: 'string', nargs: 1, group, describe, ...more }
}

export function flag(group: string, describe: string): OptionDefinition {
  return { type: 'boolean', group, describe }
}

export const schemaOption = text(records, 'JSON Schema: .json, .yaml, .yml, or a .js or .mjs module that exports a schema', {
  demandOption: true,
})
export const schemaBytesOption = text(records, 'Largest schema, in bytes of JSON', { defaultDescription: '4 MiB' })
export const referencesOption = text(records, 'Directory of schemas that $ref may lead into', { defaultDescription: 'none' })

export function isOn(parsed: ParsedArguments, name: string): boolean {
  return parsed[name] === true
}

export function many(parsed: ParsedArguments, name: string): string[] | undefined {
  const value = parsed[name]
  if (value === undefined) return undefined
  return (Array.isArray(value) ? value : [value]).map(String)
}

export function one(parsed: ParsedArguments, name: string): string | undefined {
  const values = many(parsed, name)
  if (values && values.length > 1) throw wrong(`--${name} was given ${values.length} times; it can have one value.`)
  return values?.[0]
}

/** An option that names a file or a folder. Nothing is no name: a variable of the shell was not set, most likely. */
export function path(parsed: ParsedArguments, name: string): string | undefined {
  const value = one(parsed, name)
  if (value === '') throw wrong(`--${name} is empty; give it a path.`)
  return value
}

export function wholeOf(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (/^\d+$/.test(value) && Number(value) >= 1 && Number.isSafeInteger(Number(value))) return Number(value)
  throw wrong(`--${name} ${value} is not a whole number of at least 1.`)
}

export function wrong(sentence: string): SluiceError {
  return new SluiceError('option/invalid', sentence)
}
