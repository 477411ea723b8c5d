import { type FileHandle, open, stat } from 'node:fs/promises'
import { SluiceError } from '../errors.js'
import { digestOf, type InputIdentity } from './contents.js'
import { compressedFront, compressedName, frontBytes } from './unfit-names.js'

/** Bytes at the front of a file, and before the place that it was read to, that it is known by. */
const knownBytes = 64 * 1024

export interface FileIdentity extends InputIdentity {
  /** Which file it is on this machine, whatever it is called. */
  place: string
}

/** What the file at `path` is known by, when it was read up to `position`. Throws `option/invalid` for what is no regular file. */
export async function identifyFile(path: string, position: number): Promise<FileIdentity> {
  // Before it is opened, for the opening of a pipe would wait for its other side.
  if (!(await stat(path)).isFile()) {
    throw new SluiceError(
      'option/invalid',
      `A checkpoint needs an input that can be read again, and ${path} is no regular file; write it to one first.`,
    )
  }
  const handle = await open(path, 'r')
  try {
    await refuseCompressed(handle, path)
    const stats = await handle.stat({ bigint: true })
    const front = await digestAt(handle, 0, knownBytes)
    const from = Math.max(0, position - knownBytes)
    const read = await digestAt(handle, from, position - from)
    const fixed = { size: Number(stats.size), modified: String(stats.mtimeNs), front }
    return { fixed, read, place: placeOf(stats) }
  } finally {
    await handle.close()
  }
}

export function placeOf(stats: { dev: bigint; ino: bigint }): string {
  return `${stats.dev}:${stats.ino}`
}

/** A place in what is decompressed is none in the file, so it cannot be gone on from there. */
async function refuseCompressed(handle: FileHandle, path: string): Promise<void> {
  const front = (await bytesAt(handle, 0, frontBytes)).toString('hex')
  const isCompressed = compressedName.test(path) || compressedFront.test(front)
  if (!isCompressed) return
  throw new SluiceError('option/invalid', `The input ${path} is compressed, and with a checkpoint it cannot be; decompress it first.`)
}

async function digestAt(handle: FileHandle, position: number, length: number): Promise<string> {
  return digestOf(await bytesAt(handle, position, length))
}

/** So many bytes, or those that there are. */
export async function bytesAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return buffer.subarray(0, filled)
}
