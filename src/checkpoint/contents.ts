import { createHash } from 'node:crypto'
import { open, readFile, rename } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { SluiceError } from '../errors.js'
import type { StreamSnapshot } from '../native.js'

/** What an input is known by. */
export interface InputIdentity {
  /** What stays the same while it is read: its size, its time of change, … */
  fixed: Readonly<Record<string, string | number>>
  /** Digest of what stands before the place that it was read to; empty where `fixed` leaves no doubt. */
  read: string
}

/** What an output needs to be gone on with, as JSON; what that is, each kind of output knows. */
export type OutputState = Readonly<{
  kind: 'file' | 's3'
  /** What it is to become: an absolute path or a URL. */
  target: string
  [detail: string]: unknown
}>

/** What a checkpoint says. */
export interface Contents {
  /** Version of Sluice. */
  version: string
  input: { name: string } & InputIdentity
  /** Digest of the schema. */
  schema: string
  /** Every option that the outcome depends on. */
  options: Readonly<Record<string, unknown>>
  /** When the first run began. */
  startedAt: string
  snapshot: StreamSnapshot
  outputs: Readonly<Record<string, OutputState>>
  /** The outputs are complete, and are being given their names. */
  isEnding: boolean
}

const head = /^sluice-checkpoint 1 ([0-9a-f]{64})\n/
const headLength = 'sluice-checkpoint 1 '.length + 65

export function digestOf(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** The bytes of a checkpoint: a line with the digest of what follows, and JSON. */
export function encodeContents(contents: Contents): Buffer {
  const body = Buffer.from(`${JSON.stringify(contents)}\n`)
  return Buffer.concat([Buffer.from(`sluice-checkpoint 1 ${digestOf(body)}\n`), body])
}

/** Throws `checkpoint/torn` for bytes that `encodeContents` did not make just so. */
export function decodeContents(bytes: Buffer, path: string): Contents {
  const match = head.exec(bytes.toString('latin1', 0, headLength))
  const body = bytes.subarray(headLength)
  if (!match || match[1] !== digestOf(body)) {
    throw new SluiceError(
      'checkpoint/torn',
      `${path} is no checkpoint of Sluice, or is damaged; remove it to begin anew, or name another file.`,
    )
  }
  return JSON.parse(body.toString())
}

/** What the checkpoint at `path` says; undefined where there is none. Throws `checkpoint/torn`, `checkpoint/unwritable`. */
export async function readContents(path: string): Promise<Contents | undefined> {
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unwritable(path, cause)
  }
  return decodeContents(bytes, path)
}

/** Where a checkpoint is written before it gets its name. Nobody else writes there, since whoever writes holds the lock. */
export function temporaryOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.tmp`)
}

/** Puts `contents` in the place of what is at `path`, so that the one or the other is there whole, whatever happens. */
export async function writeContents(path: string, contents: Contents, afterRename: () => void): Promise<void> {
  const temporary = temporaryOf(path)
  try {
    // It has samples of the records, which are nobody else's business.
    const handle = await open(temporary, 'w', 0o600)
    try {
      await handle.writeFile(encodeContents(contents))
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, path)
    afterRename()
    await syncFolder(dirname(path))
  } catch (cause) {
    throw unwritable(path, cause)
  }
}

/** Has the names in a folder outlast the machine. Windows knows no such thing. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

export function unwritable(path: string, cause: unknown): SluiceError {
  if (cause instanceof SluiceError) return cause
  const { message } = cause as Error
  return new SluiceError('checkpoint/unwritable', `The checkpoint ${path} cannot be kept: ${message}.`, { cause })
}
