import { type Compression, checkedCompression, compressionOfName } from '../compression/names.js'
import { SluiceError } from '../errors.js'
import { CompressedOutput } from './compressed-output.js'
import { openOutput } from './open-output.js'
import type { WhenReaderLeaves } from './output.js'
import { OutputSink } from './output-sink.js'

export interface FileSinkOptions {
  /** Permission bits of a new file, before the umask. Default 0o666. A file that exists keeps its own. */
  mode?: number | undefined
  /**
   * How the file is compressed. Default `auto`: by the ending of its name, `.gz` (`.bgz`), `.zst` or `.br`. Gzip has level 6, zstd 3,
   * brotli 5.
   */
  compression?: Compression | undefined
  /**
   * For a named pipe whose reader goes away: `stop` fails the stream with the system's EPIPE, `drain` takes the rest in silence, so that
   * the pipeline's other outputs are completed. Default `stop`.
   */
  whenReaderLeaves?: WhenReaderLeaves | undefined
}

/**
 * Writes a file whole or not at all: under a temporary name (`.<name>.<pid>-<random>.tmp`) in the same folder, renamed when the stream
 * finishes. Until then a file of that name stays as it is; when the stream is destroyed, fails, or the process exits, the temporary file
 * is removed. The file may be the pipeline's own input. A link stays; what it leads to is replaced.
 *
 * What is no regular file (a named pipe, `/dev/null`, `/dev/stdout`, a terminal) is written directly. The bytes are handed to the system,
 * not forced to the disk (no fsync).
 *
 * Throws `option/invalid`. The stream fails with `sink/unwritable`, at its opening for a directory, a missing folder or a missing
 * permission; the system's error is its `cause`.
 */
export function fileSink(path: string, { mode = 0o666, compression, whenReaderLeaves = 'stop' }: FileSinkOptions = {}): OutputSink {
  if (!Number.isInteger(mode) || mode < 0 || mode > 0o777) {
    throw new SluiceError('option/invalid', `mode is ${String(mode)}; it must be permission bits from 0 to 0o777.`)
  }
  const asked = checkedCompression(compression)
  const format = asked === 'auto' ? compressionOfName(path) : asked
  const open = async (cancelled: () => boolean) => {
    const output = await openOutput(path, { mode, cancelled })
    return output && format && format !== 'none' ? new CompressedOutput(output, format) : output
  }
  return new OutputSink(path, open, whenReaderLeaves)
}
