import { constants, fstat, open, type Stats } from 'node:fs'
import { lstat, readlink, realpath } from 'node:fs/promises'
import { Socket } from 'node:net'
import { dirname, resolve, sep } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isatty, WriteStream } from 'node:tty'
import { promisify } from 'node:util'
import { DescriptorOutput, type Output, StreamOutput } from './output.js'
import { WholeFile } from './whole-file.js'

const openDescriptor = promisify(open)
const statDescriptor = promisify(fstat)

const linksMax = 40
/** How often to look whether a named pipe has got its reader. */
const readerPollMs = 50
// These name a descriptor that the process has. What it shares with others, such as its place in a file, is to be kept.
const descriptorPath = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/
const standardPaths = new Map([
  ['/dev/stdout', 1],
  ['/dev/stderr', 2],
])

export interface OpenOutputOptions {
  /** Permission bits of a new file, before the umask. */
  mode: number
  /** Asked while the open waits: true gives up. */
  cancelled: () => boolean
}

/** Opens whatever `path` is or may become. Rejects with the system's error; gives undefined when cancelled. */
export async function openOutput(path: string, { mode, cancelled }: OpenOutputOptions): Promise<Output | undefined> {
  if (path.endsWith(sep)) throw systemError('EISDIR', `${path} names a directory`)
  const { target, stats } = await followLinks(path)
  const inherited = inheritedDescriptor(target)
  if (inherited !== undefined) {
    const output = await openInherited(inherited)
    if (output) return output
  }
  if (stats?.isDirectory()) throw systemError('EISDIR', `${path} is a directory`)
  if (stats === undefined || stats.isFile()) return WholeFile.begin(target, stats, mode)
  if (stats.isFIFO()) return openPipe(target, cancelled)
  return openDevice(target)
}

/** The process's standard output or standard error, whatever it is, without taking it from the process. */
export async function openStandardOutput(descriptor: 1 | 2): Promise<Output> {
  const stats = await statDescriptor(descriptor)
  if (stats.isFIFO() || stats.isSocket() || isatty(descriptor)) {
    return new StreamOutput(descriptor === 1 ? process.stdout : process.stderr, { owned: false })
  }
  return new DescriptorOutput(descriptor, { owned: false })
}

/** The file that `path` leads to; stats are undefined when it is not there, be it at the end of links. */
export async function followLinks(path: string): Promise<{ target: string; stats: Stats | undefined }> {
  let target = resolve(path)
  for (let links = 0; links < linksMax; links += 1) {
    if (inheritedDescriptor(target) !== undefined) return { target, stats: undefined }
    const stats = await lstat(target).catch((error) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (!stats?.isSymbolicLink()) return { target, stats }
    // The link's folder is made real first: `..` in a link goes up from where the link is, not from how it was reached.
    target = resolve(await realpath(dirname(target)), await readlink(target))
  }
  throw systemError('ELOOP', `${path} is a link that leads to itself`)
}

/** Number of the descriptor that `path` names (`/dev/stdout`, `/dev/fd/3`); undefined for any other path. */
export function inheritedDescriptor(path: string): number | undefined {
  const match = descriptorPath.exec(path)
  return match ? Number(match[1]) : standardPaths.get(path)
}

async function openInherited(descriptor: number): Promise<Output | undefined> {
  if (descriptor === 1 || descriptor === 2) return openStandardOutput(descriptor)
  const stats = await statDescriptor(descriptor)
  if (stats.isDirectory()) throw systemError('EISDIR', `descriptor ${descriptor} is a directory`)
  if (stats.isFIFO()) return openPipe(`/dev/fd/${descriptor}`, () => false)
  if (isatty(descriptor)) return openDevice(`/dev/fd/${descriptor}`)
  return new DescriptorOutput(descriptor, { owned: false })
}

// Without O_NONBLOCK the open of a pipe nobody reads would hold a thread until somebody does, and could not be cancelled.
async function openPipe(path: string, cancelled: () => boolean): Promise<Output | undefined> {
  while (!cancelled()) {
    try {
      const descriptor = await openDescriptor(path, constants.O_WRONLY | constants.O_NONBLOCK)
      return new StreamOutput(new Socket({ fd: descriptor, readable: false, writable: true }), { owned: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error
    }
    await delay(readerPollMs)
  }
  return undefined
}

async function openDevice(path: string): Promise<Output> {
  const descriptor = await openDescriptor(path, constants.O_WRONLY)
  return isatty(descriptor)
    ? new StreamOutput(new WriteStream(descriptor), { owned: true })
    : new DescriptorOutput(descriptor, { owned: true })
}

export function systemError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}
