import { SluiceError } from '../errors.js'
import { fileSource } from '../sources/file-source.js'
import { stdinSource } from '../sources/stdin-source.js'

const [lineFeed, carriageReturn] = [0x0a, 0x0d]

/**
 * The lines of a manifest, `-` for standard input: one input each. Blank lines are passed over. A line is a name as it stands, whatever is in
 * it; names are relative to the current folder, as with `tar -T`. Throws `input/not-found` where there is none.
 */
export async function* readManifest(path: string, signal?: AbortSignal): AsyncGenerator<Buffer> {
  let isEmpty = true
  for await (const line of linesOf(path === '-' ? stdinSource({ signal }) : fileSource(path, { signal }))) {
    isEmpty = false
    yield line
  }
  if (isEmpty) throw new SluiceError('input/not-found', `The manifest ${path} names no input; give it one name a line.`)
}

async function* linesOf(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0)
  for await (const chunk of source) {
    rest = Buffer.concat([rest, chunk])
    for (let end = rest.indexOf(lineFeed); end !== -1; end = rest.indexOf(lineFeed)) {
      yield* lineOf(rest.subarray(0, end))
      rest = rest.subarray(end + 1)
    }
  }
  yield* lineOf(rest)
}

function* lineOf(bytes: Buffer): Generator<Buffer> {
  const line = bytes.at(-1) === carriageReturn ? bytes.subarray(0, -1) : bytes
  if (line.length > 0) yield Buffer.from(line)
}
