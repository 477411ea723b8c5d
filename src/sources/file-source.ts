import { fileURLToPath } from 'node:url'
import type { Checkpoint } from '../checkpoint/checkpoint.js'
import { identifyFile } from '../checkpoint/file-identity.js'
import { refuseOwnFiles } from '../checkpoint/own-files.js'
import { SluiceError } from '../errors.js'
import { nameOf } from '../input-name.js'
import { checkRange } from './byte-range.js'
import { ByteSource, type ByteSourceOptions, checkedOptions, inputError } from './byte-source.js'
import { openPath, openStandardInput } from './open-reader.js'

export interface FileSourceOptions extends ByteSourceOptions {
  /** Offset of the first byte to read, in the file as it is: with `start` or `end` nothing is decompressed. Default 0. */
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
 * `path` of the stream is the path as given (of a `file:` URL, its path; of a Buffer, with bytes that are no UTF-8 as `\xff`). A pipe gives what it holds, up to 64 KiB at once on Linux;
 * `start` and `end` are for files only. Destroying it is prompt and closes the descriptor.
 *
 * Throws `option/invalid`, and `sink/same-path` for a file of the checkpoint itself. The stream fails with `input/not-found` or `input/unreadable` (a directory, no permission, a read error);
 * the system's error is its `cause`. A compressed file that is damaged or cut fails with `input/compression`, after all that could be read.
 */
export function fileSource(path: string | URL | Buffer, options: FileSourceOptions = {}): ByteSource {
  const { start, end, checkpoint } = options
  const checked = checkedOptions(options)
  const { readBytes } = checked
  checkRange(start, end)
  const whole = start === undefined && end === undefined
  if (!whole && checked.compression !== 'none' && checked.compression !== 'auto') {
    throw new SluiceError(
      'option/invalid',
      `start and end are offsets in the file as it is; compression ${checked.compression} needs all of it.`,
    )
  }
  const name = path instanceof URL ? pathOf(path) : nameOf(path)
  if (checkpoint) return resumableSource(name, whole, checkpoint, checked)
  const open = () =>
    whole && standardInputPaths.has(name)
      ? openStandardInput({ readBytes })
      : openPath(Buffer.isBuffer(path) ? path : name, { readBytes, start, end })
  return new ByteSource(name, open, whole ? checked : { ...checked, compression: 'none' })
}

function resumableSource(name: string, whole: boolean, checkpoint: Checkpoint, options: ReturnType<typeof checkedOptions>): ByteSource {
  if (!whole) throw new SluiceError('option/invalid', 'start and end cannot be given with a checkpoint, which says itself where to begin.')
  if (standardInputPaths.has(name))
    throw new SluiceError('option/invalid', 'A checkpoint needs an input that can be read again; name the file.')
  if (options.compression !== 'none' && options.compression !== 'auto') {
    throw new SluiceError(
      'option/invalid',
      `compression is ${options.compression}, and with a checkpoint the input cannot be compressed; decompress it first.`,
    )
  }
  refuseOwnFiles(checkpoint.path, [['the input', name]])
  checkpoint.join('source')
  const identify = (position: number) =>
    identifyFile(name, position).catch((cause) => {
      throw inputError(cause, name)
    })
  const open = async () => {
    const start = await checkpoint.openInput({ name, identify })
    return openPath(name, { readBytes: options.readBytes, start, end: undefined })
  }
  return new ByteSource(name, open, { ...options, compression: 'none', checkpoint })
}

function pathOf(url: URL): string {
  try {
    return fileURLToPath(url)
  } catch (cause) {
    throw new SluiceError('option/invalid', `The input ${url.href} is not a file: URL of this machine.`, { cause })
  }
}
