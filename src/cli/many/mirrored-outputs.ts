import { mkdir } from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'
import type { Writable } from 'node:stream'
import { isSluiceError, SluiceError, split } from '../../index.js'
import { placeOf } from '../../same-path.js'
import { outputError } from '../../sinks/output.js'

/** What the system says of a path that it takes no file at, where it may take one at another. */
const faultsOfOnePath = new Set(['EEXIST', 'EILSEQ', 'EISDIR', 'ENAMETOOLONG', 'ENOTDIR'])

export interface MirroredOptions {
  to?: 'ndjson' | 'csv' | undefined
  /** Files of the run as a whole, by the options that name them: no input may have its output there. */
  others: readonly (readonly [option: string, path: string])[]
}

/** Outputs of each input by itself, in a folder under names like those of the inputs. */
export class MirroredOutputs {
  readonly #folder: string
  readonly #to: 'ndjson' | 'csv' | undefined
  /** The input of each output, by the output's path within the folder; and one of those that have outputs in a folder there. */
  readonly #files = new Map<string, string>()
  readonly #folders = new Map<string, string>()
  readonly #others: MirroredOptions['others']
  readonly #places = new Map<string, string>()

  constructor(folder: string, { to, others }: MirroredOptions) {
    this.#folder = folder
    this.#to = to
    this.#others = others
  }

  async open(): Promise<void> {
    await makeFolder(this.#folder, this.#folder)
    for (const [option, path] of this.#others) this.#places.set(placeOf(path), option)
  }

  /** Rejects with sink/same-path where another input, or the run, has an output of that name already. */
  async sink(source: string): Promise<Writable> {
    const name = mirrored(source)
    const names = {
      valid: `valid/${this.#to ? renamed(name, this.#to) : name}`,
      invalid: `invalid/${name}`,
      violations: `violations/${name}.ndjson`,
      report: `reports/${name}.json`,
    }
    this.#take(Object.values(names), source)
    const at = (path: string) => join(this.#folder, path)
    const targets = { valid: at(names.valid), invalid: at(names.invalid), violations: at(names.violations), report: at(names.report) }
    for (const target of Object.values(targets)) {
      await makeFolder(dirname(target), target)
      await this.#refuseOther(target, source)
    }
    return split(targets)
  }

  #take(paths: readonly string[], source: string): void {
    for (const path of paths) {
      const taken = [path, ...foldersOf(path)].find((place) => this.#files.has(place))
      const other = taken === undefined ? this.#folders.get(path) : this.#files.get(taken)
      if (other === undefined) continue
      const text = `The inputs ${other} and ${source} would both have an output at ${taken ?? path}; check them apart.`
      throw new SluiceError('sink/same-path', text)
    }
    for (const path of paths) {
      this.#files.set(path, source)
      for (const folder of foldersOf(path)) if (!this.#folders.has(folder)) this.#folders.set(folder, source)
    }
  }

  async #refuseOther(target: string, source: string): Promise<void> {
    // To ask the system for the place of every output would be for nothing.
    const name = basename(target).toLowerCase()
    if (![...this.#places.keys()].some((place) => basename(place).toLowerCase() === name)) return
    const option = this.#places.get(placeOf(target))
    if (option === undefined) return
    throw new SluiceError(
      'sink/same-path',
      `The input ${source} would have an output at ${target}, which is ${option}; give ${option} another path.`,
    )
  }
}

/** Whether an output cannot be written for what it is called, which says nothing of the outputs of other inputs. */
export function isFaultOfOnePath(error: unknown): boolean {
  if (!isSluiceError(error, 'sink/unwritable')) return false
  return faultsOfOnePath.has((error.cause as NodeJS.ErrnoException | undefined)?.code ?? '')
}

async function makeFolder(folder: string, output: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code !== 'EEXIST' && code !== 'ENOTDIR') throw outputError(cause, output)
    const text = `The output ${output} cannot be written: a file stands where a folder of its path is to be; move that file, or give another --output-dir.`
    throw new SluiceError('sink/unwritable', text, { cause })
  }
}

/** The folders that a path is in: `a` and `a/b` of `a/b/c`. */
function foldersOf(path: string): string[] {
  const parts = path.split('/')
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'))
}

/**
 * A path within the folder for what an input is called: `../a/b.csv` is `a/b.csv`, `/a/b.csv` too, `s3://bucket/key` is `bucket/key`.
 * The records of a JSON document come out as NDJSON, so what ends in .json is called so.
 */
export function mirrored(source: string): string {
  const named = source === '-' ? 'stdin' : source.replace(/^[a-z0-9]+:\/\//i, '').replace(/^[a-z]:(?=[\\/])/i, '')
  const parts = named.split(sep === '\\' ? /[\\/]/ : '/').filter((part) => part !== '' && part !== '.' && part !== '..')
  return parts.join('/').replace(/\.json(?=$|\.(?:gz|bgz|zst|br)$)/i, '.ndjson')
}

/** A name whose ending says what the valid records are, since the format is told from it when they are read again. */
function renamed(name: string, to: 'ndjson' | 'csv'): string {
  return name.replace(/\.(?:csv|tsv|tab|txt|json|jsonl|ndjson)(?=$|\.(?:gz|bgz|zst|br)$)/i, `.${to}`)
}
