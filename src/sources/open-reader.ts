import { close, constants, fstat, open } from 'node:fs'
import { readlink } from 'node:fs/promises'
import { isatty, ReadStream } from 'node:tty'
import { promisify } from 'node:util'
import { SluiceError } from '../errors.js'
import type { Reader } from './byte-source.js'
import { DescriptorReader } from './descriptor-reader.js'
import { PipeReader, StreamReader } from './stream-reader.js'

const openDescriptor = promisify(open)
const closeDescriptor = promisify(close)
const statDescriptor = promisify(fstat)

// A pipe without a writer must not hold up the open, which could then not be cancelled. Windows has no such flag, and no such pipes.
const openFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)
const standardInputLink = '/proc/self/fd/0'

export interface OpenOptions {
  /** The most bytes of one read. */
  readBytes: number
  /** Offset of the first byte. */
  start?: number | undefined
  /** Offset of the last byte. */
  end?: number | undefined
}

/** Opens whatever `path` is: a file, a device, a named pipe, a terminal. Rejects with the system's error, EISDIR for a directory. */
export async function openPath(path: string | Buffer, options: OpenOptions): Promise<Reader> {
  const descriptor = await openDescriptor(path, openFlags)
  try {
    const stats = await statDescriptor(descriptor)
    if (stats.isDirectory()) throw Object.assign(new Error(`${path} is a directory`), { code: 'EISDIR' })
    if (stats.isFIFO() || stats.isSocket() || isatty(descriptor)) refuseRange(path, options)
    if (stats.isFIFO() || stats.isSocket()) return new PipeReader(descriptor, options.readBytes)
    if (isatty(descriptor)) return new StreamReader(new ReadStream(descriptor), { ...options, owned: true })
    return new DescriptorReader(descriptor, { ...options, owned: true })
  } catch (error) {
    await closeDescriptor(descriptor)
    throw error
  }
}

/** Opens the process's standard input, whatever it is, without taking it from the process. */
export async function openStandardInput(options: OpenOptions): Promise<Reader> {
  const stats = await statDescriptor(0)
  if (stats.isDirectory()) throw Object.assign(new Error('standard input is a directory'), { code: 'EISDIR' })
  if (stats.isFIFO()) return (await reopenedPipe(options)) ?? new StreamReader(process.stdin, { ...options, owned: false })
  if (stats.isSocket() || isatty(0)) return new StreamReader(process.stdin, { ...options, owned: false })
  return new DescriptorReader(0, { ...options, owned: false })
}

// A descriptor of our own reads a pipe at less than half the cost of process.stdin, can be closed, and leaves the flags of the shared one
// alone. Only Linux gives one that ends with its pipe, and not for a named pipe: opened anew, that would wait for another writer.
async function reopenedPipe(options: OpenOptions): Promise<Reader | undefined> {
  try {
    if (!(await readlink(standardInputLink)).startsWith('pipe:')) return undefined
    return new PipeReader(await openDescriptor(standardInputLink, openFlags), options.readBytes)
  } catch {
    // No such link here, or a pipe of another user: process.stdin reads it.
    return undefined
  }
}

function refuseRange(path: string | Buffer, { start, end }: OpenOptions): void {
  if (start === undefined && end === undefined) return
  throw new SluiceError(
    'option/invalid',
    `start and end were given, but ${path} is a pipe or a terminal, which can only be read from its beginning.`,
  )
}
