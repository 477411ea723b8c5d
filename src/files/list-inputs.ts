import { stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { SluiceError } from '../errors.js'
import { nameOf, pathOf } from '../input-name.js'
import { isS3Url } from '../s3/location.js'
import { inputError } from '../sources/byte-source.js'
import { type FileSourceOptions, fileSource } from '../sources/file-source.js'
import { listS3 } from '../sources/s3-list.js'
import { s3Source } from '../sources/s3-source.js'
import { stdinSource } from '../sources/stdin-source.js'
import { KnownFiles } from './known-files.js'
import { type Found, scanFolder } from './scan-folder.js'

/** One of several inputs. */
export interface Input {
  /** What reports and violations call it. */
  name: string
  /** Begins to read it. Throws what is known to keep it from being read. */
  open(): Readable
}

export interface ListInputsOptions {
  /** How files are read. */
  source?: Omit<FileSourceOptions, 'start' | 'end' | 'signal'> | undefined
  /** Inputs of words that begin with one of these, such as `s3://`. */
  schemes?: Readonly<Record<string, (word: string) => AsyncIterable<Input> | Iterable<Input>>> | undefined
  /** Folders to be passed over, by `folderIdentity`, and files, by any of their paths: outputs of the same run. */
  skip?: { folders: ReadonlySet<string>; files: ReadonlySet<string> } | undefined
}

/**
 * The inputs that `words` stand for, as they are found: a file, a folder (all files in it and in its folders), a pattern (`data/*.csv.gz`, `**` for any folders),
 * `-` for standard input, `s3://bucket/key`, an S3 prefix that ends in `/` (all objects under it), or what begins with one of `schemes`. A name that is there is no pattern. Within a folder the order
 * is that of the names' bytes. Names that begin with a dot are passed over. What cannot be looked at, and a word that stands for no file, is
 * an input that fails when it is opened.
 */
export async function* listInputs(
  words: Iterable<string | Buffer> | AsyncIterable<string | Buffer>,
  options: ListInputsOptions = {},
): AsyncGenerator<Input> {
  const skipped = KnownFiles.at(options.skip?.files ?? [])
  for await (const word of words) {
    const scheme = Object.keys(options.schemes ?? {}).find((start) => word.toString().startsWith(start))
    const inputs = scheme === undefined ? inputsOf(word, options, skipped) : options.schemes?.[scheme]?.(String(word))
    let count = 0
    for await (const input of inputs ?? []) {
      count += 1
      yield input
    }
    if (count === 0) yield failing(nameOf(word), new SluiceError('input/not-found', `There is no file in ${nameOf(word)}; check the name.`))
  }
}

async function* inputsOf(word: string | Buffer, options: ListInputsOptions, skipped: KnownFiles): AsyncGenerator<Input> {
  if (isS3Url(word.toString())) return yield* objectsOf(word.toString(), options)
  if (word.includes('\0')) {
    const text = `The input ${nameOf(word)} has a NUL in its name, as no file has; names in a manifest end with the line, as find prints them without -print0.`
    return yield failing(nameOf(word), new SluiceError('input/not-found', text))
  }
  const { skip } = options
  if (word.toString() === '-') {
    yield { name: '-', open: () => stdinSource(options.source) }
    return
  }
  // Loaded only where several inputs are asked for, as it takes its time.
  const { isGlob, matchFiles } = await import('./match-files.js')
  const stats = await stat(word).catch((error) => error as NodeJS.ErrnoException)
  if (!(stats instanceof Error) && !stats.isDirectory()) yield fileInput(typeof word === 'string' ? word : pathOf(word), options)
  else if (!(stats instanceof Error)) yield* filesOf(scanFolder(word, { skip: skip?.folders }), options, skipped)
  else if (typeof word === 'string' && isGlob(word)) yield* filesOf(matchFiles(word, { skip: skip?.folders }), options, skipped)
  else yield failing(nameOf(word), inputError(stats, nameOf(word)))
}

async function* filesOf(files: AsyncIterable<Found>, options: ListInputsOptions, skipped: KnownFiles): AsyncGenerator<Input> {
  for await (const found of files) {
    const { path, error } = found
    if (error) yield failing(nameOf(path), error)
    else if (!(await skipped.has(found))) yield fileInput(pathOf(path), options)
  }
}

async function* objectsOf(word: string, { source }: ListInputsOptions): AsyncGenerator<Input> {
  if (!word.endsWith('/')) {
    yield { name: word, open: () => s3Source(word, source) }
    return
  }
  for await (const { url, key, etag } of listS3(word)) {
    // What consoles make to stand for a folder.
    if (!key.endsWith('/')) yield { name: url, open: () => s3Source(url, { ...source, etag }) }
  }
}

function fileInput(path: string | Buffer, { source }: ListInputsOptions): Input {
  return { name: nameOf(path), open: () => fileSource(path, source) }
}

function failing(name: string, error: Error): Input {
  return {
    name,
    open() {
      throw error
    },
  }
}
