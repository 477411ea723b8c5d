import { isUtf8 } from 'node:buffer'
import { realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Found } from './scan-folder.js'

/** The place that a path leads to, so that `./a`, `a` and a link to it are seen to be one; of a file that is not there yet, from its folder. */
export async function realPlaceOf(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch {
    const folder = await realpath(dirname(path)).catch(() => dirname(path))
    return join(folder, basename(path))
  }
}

/** Files that are known by whatever path they are found. */
export class KnownFiles {
  readonly #places: ReadonlySet<string>
  readonly #names: ReadonlySet<string>

  private constructor(places: readonly string[]) {
    this.#places = new Set(places)
    this.#names = new Set(places.map((place) => foldedName(place)))
  }

  static async at(paths: Iterable<string>): Promise<KnownFiles> {
    return new KnownFiles(await Promise.all([...paths].map(realPlaceOf)))
  }

  async has({ path, isLink }: Found): Promise<boolean> {
    if (this.#places.size === 0) return false
    // To ask the system of every file would take longer than to find it.
    if (!isLink && !(isUtf8(path) && this.#names.has(foldedName(path.toString())))) return false
    const place = await realpath(path).catch(() => undefined)
    return place !== undefined && this.#places.has(place)
  }
}

// Where the system takes no heed of case, a file is found by another spelling of its name.
function foldedName(path: string): string {
  return basename(path).toLowerCase()
}
