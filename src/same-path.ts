import { readlinkSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { SluiceError } from './errors.js'
import { isS3Url } from './s3/location.js'

/** As many as the system follows before it takes links for a circle. */
const linksMax = 40

/** Throws sink/same-path for two names of one file. Devices take any number of writers: several outputs may go to /dev/null. */
export function refuseSamePaths(entries: Iterable<readonly [name: string, path: string]>): void {
  const places = new Map<string, readonly [name: string, path: string]>()
  for (const entry of entries) {
    const [name, path] = entry
    if (isDevice(path)) continue
    const place = placeOf(path)
    const [other, otherPath] = places.get(place) ?? []
    if (other !== undefined) {
      const what = otherPath === path ? `both ${path}` : `one file, ${otherPath} and ${path}`
      throw new SluiceError('sink/same-path', `${other} and ${name} are ${what}; give each a path of its own.`)
    }
    places.set(place, entry)
  }
}

/**
 * The place that a path names, alike for two that name the same: `./a`, `a` and a link to it. What is not there yet has its place in its
 * folder, be it at the end of links. A key of S3 is no path: `a/../b` is a name like any other.
 */
export function placeOf(path: string): string {
  if (isS3Url(path)) return path
  let place = resolve(path)
  for (let links = 0; links < linksMax; links += 1) {
    const real = outcomeOf(() => realpathSync.native(place))
    if (real !== undefined) return real
    const folder = dirname(place)
    const realFolder = outcomeOf(() => realpathSync.native(folder)) ?? folder
    const link = outcomeOf(() => readlinkSync(place))
    if (link === undefined) return join(realFolder, basename(place))
    place = resolve(realFolder, link)
  }
  return place
}

/** True for a pipe, a terminal, /dev/null and their like. What cannot be looked at is none; opening it will tell. */
export function isDevice(path: string): boolean {
  const stats = isS3Url(path) ? undefined : outcomeOf(() => statSync(path))
  return stats !== undefined && !stats.isFile() && !stats.isDirectory()
}

/** Of what is asked of the file system; undefined where it has nothing to say. */
function outcomeOf<T>(ask: () => T): T | undefined {
  try {
    return ask()
  } catch {
    return undefined
  }
}
