import { openStandardOutput } from './open-output.js'
import type { WhenReaderLeaves } from './output.js'
import { OutputSink } from './output-sink.js'

export interface StdoutSinkOptions {
  /**
   * What a reader that goes away (`… | head -1`) does: `stop` fails the stream with the system's EPIPE (`error.code === 'EPIPE'`), which
   * ends the pipeline and is for its owner to take as no failure; `drain` takes the rest in silence, so that the pipeline's other outputs
   * are completed. Default `stop`.
   */
  whenReaderLeaves?: WhenReaderLeaves | undefined
}

/**
 * Writes to standard output, as fast as its reader takes it, and leaves it open for the process. `path` is `-`.
 *
 * The stream fails with `sink/unwritable`, the system's error being its `cause`; only EPIPE stays as it is.
 */
export function stdoutSink({ whenReaderLeaves = 'stop' }: StdoutSinkOptions = {}): OutputSink {
  return new OutputSink('-', () => openStandardOutput(1), whenReaderLeaves)
}
