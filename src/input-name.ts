import { isUtf8 } from 'node:buffer'

/** A path as text: bytes that are no UTF-8 stand as `\xff`, so that names which differ stay different. */
export function nameOf(path: string | Buffer): string {
  if (typeof path === 'string') return path
  if (isUtf8(path)) return path.toString()
  let name = ''
  for (let at = 0; at < path.length; ) {
    const length = [1, 2, 3, 4].find((bytes) => at + bytes <= path.length && isUtf8(path.subarray(at, at + bytes)))
    name += length === undefined ? `\\x${(path[at] as number).toString(16).padStart(2, '0')}` : path.toString('utf8', at, at + length)
    at += length ?? 1
  }
  return name
}

/** A path as text where it is text: what is no UTF-8 can be opened by its bytes only. */
export function pathOf(path: Buffer): string | Buffer {
  return isUtf8(path) ? path.toString() : path
}
