import { fileURLToPath } from 'node:url'
import type { Checkpoint } from '../checkpoint/checkpoint.js'
import { identifyFile } from '../checkpoint/file-identity.js'
import { SluiceError } from '../errors.js'
import { checkRange } from './byte-range.js'
import { ByteSource, type ByteSourceOptions, checkedReadBytes } from './byte-source.js'
import { openPath, openStandardInput } from './open-reader.js'

export interface FileSourceOptions extends ByteSourceOptions {
  /** Offset of the first byte to read. Default 0. */
  start?: number | undefined
  /** Offset of the last byte to read, itself included, as with fs.createReadStream. Default: the end of the file. */
  end?: number | undefined
  /** What says where to go on from after a crash: `checkpoint(path)`. For a file, without `start` and `end`. Default: none. */
  checkpoint?: Checkpoint | undefined
}

// These name a descriptor that the process has, whose place in its file is to be kept; and one that is a socket cannot be opened by name.
const standardInputPaths = new Set(['/dev/stdin', '/dev/fd/0', '/proc/self/fd/0'])

/**
 * The bytes of a file, a named pipe or a device, in reads of 1 MiB.
 *
 * `path` of the stream is the path as given (of a `file:` URL, its path). A pipe gives what it holds, up to 64 KiB at once on Linux;
 * `start` and `end` are for files only. Destroying it is prompt and closes the descriptor.
 *
 * Throws `option/invalid`. The stream fails with `input/not-found` or `input/unreadable` (a directory, no permission, a read error);
 * the system's error is its `cause`.
 */
export function fileSource(path: string | URL, options: FileSourceOptions = {}): ByteSource {
  const { start, end, signal, checkpoint } = options
  const readBytes = checkedReadBytes(options.readBytes)
  checkRange(start, end)
  const name = typeof path === 'string' ? path : pathOf(path)
  const whole = start === undefined && end === undefined
  if (checkpoint) return resumableSource(name, whole, checkpoint, { readBytes, signal })
  const open = () => (whole && standardInputPaths.has(name) ? openStandardInput({ readBytes }) : openPath(name, { readBytes, start, end }))
  return new ByteSource(name, open, { readBytes, signal })
}

function resumableSource(
  name: string,
  whole: boolean,
  checkpoint: Checkpoint,
  options: { readBytes: number; signal?: AbortSignal | undefined },
): ByteSource {
  if (!whole) throw new SluiceError('option/invalid', 'start and end cannot be given with a checkpoint, which says itself where to begin.')
  if (standardInputPaths.has(name))
    throw new SluiceError('option/invalid', 'A checkpoint needs an input that can be read again; name the file.')
  checkpoint.join('source')
  const open = async () => {
    const start = await checkpoint.openInput({ name, identify: (position) => identifyFile(name, position) })
    return openPath(name, { readBytes: options.readBytes, start, end: undefined })
  }
  return new ByteSource(name, open, options)
}

function pathOf(url: URL): string {
  try {
    return fileURLToPath(url)
  } catch (cause) {
    throw new SluiceError('option/invalid', `The input ${url.href} is not a file: URL of this machine.`, { cause })
  }
}
