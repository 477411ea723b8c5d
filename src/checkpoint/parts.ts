import { SluiceError } from '../errors.js'

/** The parts of a pipeline, and how each is given a checkpoint. */
const parts = {
  source: 'the source, fileSource(path, { checkpoint }) or s3Source(url, { checkpoint }),',
  transform: 'validate(schema, { checkpoint })',
  sink: 'split(targets, { checkpoint })',
}

export type Role = keyof typeof parts

export const roles = Object.keys(parts) as readonly Role[]

/** An error that says which parts do not have the checkpoint at `path`. */
export function partsMissing(path: string, missing: readonly Role[]): SluiceError {
  const names = `${missing.map((role) => parts[role]).join(' and ')} ${missing.length > 1 ? 'have' : 'has'} it not`
  return new SluiceError('option/invalid', `All parts of a pipeline need the checkpoint ${path}, and ${names}; give it to all three.`)
}
