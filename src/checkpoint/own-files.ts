import { refuseSamePaths } from '../same-path.js'
import { temporaryOf } from './contents.js'

/** The outputs of `split`, each of which may have an upload. */
export const outputNames = ['valid', 'invalid', 'violations', 'report'] as const

/** What says that a run has the checkpoint. */
export function lockOf(path: string): string {
  return `${path}.lock`
}

/** Where what is in no part yet of an output's upload is kept. */
export function uploadOf(path: string, output: string): string {
  return `${path}.${output}.upload`
}

/** All files that a run with the checkpoint at `path`, which is called `name`, writes and removes as it likes. */
export function ownFiles(name: string, path: string): [name: string, path: string][] {
  return [
    [name, path],
    [`The lock of ${name}`, lockOf(path)],
    [`The temporary file of ${name}`, temporaryOf(path)],
    ...outputNames.map((output): [string, string] => [`The upload file of ${name} for ${output}`, uploadOf(path, output)]),
  ]
}

/** Throws sink/same-path where a file of a run is one of the checkpoint's own, which would be lost. */
export function refuseOwnFiles(path: string, files: Iterable<readonly [name: string, path: string]>): void {
  const [, ...beside] = ownFiles('the checkpoint', path)
  for (const file of files) refuseSamePaths([['The checkpoint', path], ...beside, file])
}
