import * as fs from 'node:fs'
import { join } from 'node:path'
import type { SchemaInput, ValidateOptions } from 'sluice'

/** What a run is asked to do. */
export interface Order {
  input: string
  /** Folder of the outputs and the checkpoint. */
  folder: string
  rules: SchemaInput
  options: ValidateOptions
}

export const outputNames = ['valid', 'invalid', 'violations', 'report'] as const

export function outputsIn(folder: string): Record<(typeof outputNames)[number], string> {
  return {
    valid: join(folder, 'valid'),
    invalid: join(folder, 'invalid'),
    violations: join(folder, 'violations'),
    report: join(folder, 'report'),
  }
}

/** All files in a folder, without what a clock says. */
export function contentOf(folder: string): Record<string, string> {
  const names = fs.readdirSync(folder).sort()
  return Object.fromEntries(
    names.map((name) => [name, fs.readFileSync(join(folder, name), 'latin1').replace(/"(startedAt|endedAt)": "[^"]*"/g, '"$1"')]),
  )
}
