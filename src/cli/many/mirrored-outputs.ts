import { mkdir } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import type { Writable } from 'node:stream'
import { SluiceError, split } from '../../index.js'

/** Outputs of each input by itself, in a folder under names like those of the inputs. */
export class MirroredOutputs {
  readonly #folder: string
  readonly #to: 'ndjson' | 'csv' | undefined
  readonly #sources = new Map<string, string>()

  constructor(folder: string, to?: 'ndjson' | 'csv') {
    this.#folder = folder
    this.#to = to
  }

  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true })
  }

  /** Rejects with sink/same-path where another input has outputs of that name already. */
  async sink(source: string): Promise<Writable> {
    const name = mirrored(source)
    const validName = this.#to ? renamed(name, this.#to) : name
    this.#take(name, source)
    this.#take(`valid/${validName}`, source)
    const path = (kind: string, ending = '') => join(this.#folder, kind, `${name}${ending}`)
    const targets = {
      valid: join(this.#folder, 'valid', validName),
      invalid: path('invalid'),
      violations: path('violations', '.ndjson'),
      report: path('reports', '.json'),
    }
    for (const target of Object.values(targets)) await mkdir(dirname(target), { recursive: true })
    return split(targets)
  }

  #take(name: string, source: string): void {
    const other = this.#sources.get(name)
    if (other !== undefined) {
      throw new SluiceError('sink/same-path', `The inputs ${other} and ${source} would both have the outputs ${name}; check them apart.`)
    }
    this.#sources.set(name, source)
  }
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
