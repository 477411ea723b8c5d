import { sep } from 'node:path'
import picomatch from 'picomatch'
import { nameOf } from '../input-name.js'
import { type Found, type ScanOptions, scanFolder } from './scan-folder.js'

/** Whether a word has what a pattern has: `*`, `?`, `[…]`, `{…}` or an extended one such as `!(…)`. */
export function isGlob(word: string): boolean {
  const { isGlob: is, isBrace, isExtglob } = picomatch.scan(slashed(word))
  return is || isBrace || isExtglob
}

/** The files that a pattern matches, `**` for any folders, in the order of `scanFolder`; one that begins with a dot only by a dot. */
export async function* matchFiles(pattern: string, { skip }: Pick<ScanOptions, 'skip'> = {}): AsyncGenerator<Found> {
  const { base, glob, isBrace, isExtglob, isGlobstar } = picomatch.scan(slashed(pattern))
  const matches = picomatch(glob)
  const isBounded = !isBrace && !isExtglob && !isGlobstar
  const folder = base === '' ? '.' : base
  const before = nameOf(folder).length + (folder.endsWith('/') ? 0 : 1)
  for await (const found of scanFolder(folder, { skip, depthMax: isBounded ? glob.split('/').length : undefined })) {
    const name = slashed(nameOf(found.path)).slice(before)
    if (found.error) yield found
    else if (matches(name)) yield { ...found, path: base === '' ? found.path.subarray(before) : found.path }
  }
}

function slashed(path: string): string {
  return sep === '\\' ? path.replaceAll('\\', '/') : path
}
