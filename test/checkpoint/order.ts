import * as fs from 'node:fs'
import { join } from 'node:path'
import type { SchemaInput, ValidateOptions } from 'sluice'

/** What a run is asked to do. */
export interface Order {
  input: string
  /** Folder of the checkpoint. */
  folder: string
  outputs: Outputs
  rules: SchemaInput
  options: ValidateOptions
}

export const outputNames = ['valid', 'invalid', 'violations', 'report'] as const
export type Outputs = Record<(typeof outputNames)[number], string>

export function outputsAt(url: string): Outputs {
  return { valid: `${url}/valid`, invalid: `${url}/invalid`, violations: `${url}/violations`, report: `${url}/report` }
}

export function outputsIn(folder: string): Outputs {
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
