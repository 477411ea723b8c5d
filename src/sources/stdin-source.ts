import { ByteSource, type ByteSourceOptions, checkedOptions } from './byte-source.js'
import { openStandardInput } from './open-reader.js'

/**
 * The bytes of standard input, in reads of 1 MiB; a pipe gives what it holds, up to 64 KiB at once on Linux. `path` is `-`.
 *
 * It works for a file (from where the descriptor stands), a pipe, a socket, a terminal, and a standard input that was closed (no bytes).
 * Standard input stays open for the process when the stream is destroyed, and does not keep the process alive.
 *
 * Throws `option/invalid`. The stream fails with `input/unreadable`; the system's error is its `cause`.
 */
export function stdinSource(options: ByteSourceOptions = {}): ByteSource {
  const checked = checkedOptions(options)
  return new ByteSource('-', () => openStandardInput({ readBytes: checked.readBytes }), checked)
}
