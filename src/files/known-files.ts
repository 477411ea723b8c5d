import { isUtf8 } from 'node:buffer'
import { realpath } from 'node:fs/promises'
import { basename } from 'node:path'
import { placeOf } from '../same-path.js'
import type { Found } from './scan-folder.js'

/** Files that are known by whatever path they are found. */
export class KnownFiles {
  readonly #places: ReadonlySet<string>
  readonly #names: ReadonlySet<string>

  private constructor(places: readonly string[]) {
    this.#places = new Set(places)
    this.#names = new Set(places.map((place) => foldedName(place)))
  }

  static at(paths: Iterable<string>): KnownFiles {
    return new KnownFiles([...paths].map(placeOf))
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
