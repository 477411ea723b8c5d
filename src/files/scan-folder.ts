import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { sep } from 'node:path'
import { nameOf } from '../input-name.js'
import { inputError } from '../sources/byte-source.js'

/** A file that was found, or a folder or link that could not be looked at. */
export interface Found {
  path: Buffer
  /** It was found by a link to it. */
  isLink?: boolean
  error?: Error
}

export interface ScanOptions {
  /** Levels of folders to look into; 1 is the folder's own files. Default: all. */
  depthMax?: number | undefined
  /** Folders that are passed over, as `folderIdentity` has them. */
  skip?: ReadonlySet<string> | undefined
}

const dot = '.'.charCodeAt(0)
const separator = Buffer.from(sep)

/** What makes two paths the same folder. */
export async function folderIdentity(path: string | Buffer): Promise<string> {
  const { dev, ino } = await stat(path, { bigint: true })
  return `${dev}:${ino}`
}

/**
 * The files in a folder and the folders in it, in the order of their names' bytes, folder by folder: no more is held than the names of the
 * folders on the way. Names that begin with a dot are passed over, and what is neither file nor folder. A link to a file is a file. A folder
 * is looked into once, however many links lead to it.
 */
export async function* scanFolder(
  folder: string | Buffer,
  { depthMax = Number.POSITIVE_INFINITY, skip }: ScanOptions = {},
): AsyncGenerator<Found> {
  const seen = new Set(skip)
  const waiting: { path: Buffer; depth: number; entry?: Dirent<Buffer> }[] = [{ path: Buffer.from(folder), depth: 0 }]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { path, depth, entry } = next
    try {
      const kind = entry?.isSymbolicLink() ? await stat(path) : entry
      if (kind?.isFile()) yield { path, isLink: kind !== entry }
      if ((kind && !kind.isDirectory()) || depth >= depthMax) continue
      const identity = await folderIdentity(path)
      if (seen.has(identity)) continue
      seen.add(identity)
      const entries = await readdir(path, { withFileTypes: true, encoding: 'buffer' })
      const shown = entries.filter(({ name }) => name[0] !== dot).sort((one, other) => Buffer.compare(other.name, one.name))
      const within = path.subarray(-1).equals(separator) ? path : Buffer.concat([path, separator])
      for (const child of shown) waiting.push({ path: Buffer.concat([within, child.name]), depth: depth + 1, entry: child })
    } catch (cause) {
      yield { path, error: inputError(cause, nameOf(path)) }
    }
  }
}
