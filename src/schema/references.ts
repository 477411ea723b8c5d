import { readdir, readFile, realpath } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SluiceError } from '../errors.js'
import { checksOf } from './checks.js'
import type { JSONSchema } from './json-schema.js'
import { parseJson } from './json-text.js'
import { jsonSchemaOf, type SchemaInput } from './schema.js'
import { isTextFault } from './text-fault.js'

/** Files of a directory that are looked through for an `$id`. */
const filesMax = 10_000
/** What stands for the directory in the URIs of schemas that have no `$id`. */
const root = 'json-schema:///'
/** What the engine knows without being told. */
const dialects = /^https?:\/\/json-schema\.org\//
const schemaFile = /\.(?:json|ya?ml)$/i

export interface ReferencesOptions {
  /** Reads one file as a schema. Default: as JSON, in which a number that a double cannot hold, and a key that comes twice, are refused. */
  load?: ((path: string) => Promise<unknown>) | undefined
  /** Path of the file that `schema` is from, which relative references start from. Default: a file at the top of the directory. */
  path?: string | undefined
}

/** A schema, and the schemas outside of it that it reaches: the two go to `validate(schema, { references })`. */
export interface WithReferences {
  schema: JSONSchema
  references: Record<string, JSONSchema>
}

/**
 * Reads the files of `directory` that `schema` reaches by `$ref` and `$dynamicRef`, and those that these reach in turn. A reference is a path
 * relative to the file it stands in, the `$id` of a file of the directory, or a `file:` URL. Nothing outside of the directory is read, a
 * link that leads out of it neither, and nothing is fetched; a reference that leads to no file is left for `validate` to refuse.
 *
 * Throws `schema/invalid` for a file that is no schema and for a directory that cannot be read, `schema/lossy` for a schema with checks.
 */
export async function readReferences(
  schema: SchemaInput,
  directory: string | URL,
  options: ReferencesOptions = {},
): Promise<WithReferences> {
  const folder = new Folder(typeof directory === 'string' ? directory : fileURLToPath(directory), options.load ?? loadJson)
  const json = jsonSchemaOf(schema)
  const [check] = checksOf(schema)
  if (check) {
    const message = `The schema has the check ${JSON.stringify(check.id)}, which the JSON Schema that is read here is without; add checks to fromJSONSchema() of the outcome.`
    throw new SluiceError('schema/lossy', message)
  }
  const base = await folder.uriOf(options.path)
  const named = typeof json === 'boolean' || json.$id !== undefined || base === root ? json : { $id: base, ...json }
  const references: Record<string, JSONSchema> = {}
  const waiting = [...targetsOf(json, base)]
  for (let uri = waiting.pop(); uri !== undefined; uri = waiting.pop()) {
    if (uri in references) continue
    const found = await folder.find(uri)
    if (found === undefined) continue
    references[uri] = found
    waiting.push(...targetsOf(found, uri))
  }
  return { schema: named, references }
}

/** The directory that references may lead into. */
class Folder {
  readonly #path: string
  readonly #load: (path: string) => Promise<unknown>
  #real: Promise<string> | undefined
  #byId: Promise<Map<string, string>> | undefined

  constructor(path: string, load: (path: string) => Promise<unknown>) {
    this.#path = resolve(path)
    this.#load = load
  }

  /** The URI of a schema without `$id`, by the file it is from. */
  async uriOf(path: string | undefined): Promise<string> {
    const inside = path === undefined ? undefined : await this.#inside(path)
    return inside === undefined ? root : new URL(inside.split(sep).map(encodeURIComponent).join('/'), root).href
  }

  async find(uri: string): Promise<JSONSchema | undefined> {
    const path = uri.startsWith(root) ? join(this.#path, decodeURIComponent(uri.slice(root.length))) : pathOfFile(uri)
    if (path !== undefined) return (await this.#inside(path)) === undefined ? undefined : this.#read(path)
    this.#byId ??= this.#ids()
    const named = (await this.#byId).get(uri)
    return named === undefined ? undefined : this.#read(named)
  }

  async #read(path: string): Promise<JSONSchema> {
    const json = await this.#load(path)
    if (typeof json === 'boolean' || (typeof json === 'object' && json !== null && !Array.isArray(json))) return json as JSONSchema
    throw new SluiceError('schema/invalid', `The schema ${path} is neither an object nor true or false.`)
  }

  /** The path from the directory to a file in it; undefined for what is elsewhere, or nowhere. */
  async #inside(path: string): Promise<string | undefined> {
    this.#real ??= realpath(this.#path).catch((cause) => {
      throw new SluiceError('schema/invalid', `The directory of schemas ${this.#path} cannot be read: ${cause.message}.`, { cause })
    })
    const folder = await this.#real
    const real = await realpath(path).catch(() => undefined)
    if (real === undefined) return undefined
    const way = relative(folder, real)
    return way === '' || way === '..' || way.startsWith(`..${sep}`) || resolve(folder, way) !== real ? undefined : way
  }

  async #ids(): Promise<Map<string, string>> {
    const found = new Map<string, string>()
    const entries = await readdir(this.#path, { recursive: true })
    const files = entries.filter((entry) => schemaFile.test(entry)).sort()
    if (files.length > filesMax) {
      throw new SluiceError(
        'schema/invalid',
        `The directory of schemas ${this.#path} has ${files.length} files, more than the ${filesMax} that are looked through for an $id; name a smaller one.`,
      )
    }
    for (const file of files) {
      const path = join(this.#path, file)
      if ((await this.#inside(path)) === undefined) continue
      // A file that is no schema is nobody's business unless a reference leads to it.
      const json = await this.#load(path).catch(() => undefined)
      const id = (json as { $id?: unknown } | undefined | null)?.$id
      if (typeof id === 'string' && !found.has(withoutFragment(id))) found.set(withoutFragment(id), path)
    }
    return found
  }
}

/** The URIs, without their fragments, of all that a schema refers to. Data that looks like a reference leads nowhere, which does no harm. */
function* targetsOf(schema: unknown, base: string): Generator<string> {
  const waiting: [value: unknown, base: string][] = [[schema, base]]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [value, around] = next
    if (typeof value !== 'object' || value === null) continue
    const { $id, $ref, $dynamicRef, $schema } = value as Record<string, unknown>
    const own = (typeof $id === 'string' && resolved($id, around)) || around
    for (const reference of [$ref, $dynamicRef, $schema]) {
      const uri = typeof reference === 'string' ? resolved(reference, own) : undefined
      if (uri !== undefined && uri !== own && !dialects.test(uri)) yield uri
    }
    for (const within of Object.values(value)) waiting.push([within, own])
  }
}

function resolved(reference: string, base: string): string | undefined {
  return URL.canParse(reference, base) ? withoutFragment(new URL(reference, base).href) : undefined
}

function withoutFragment(uri: string): string {
  return uri.replace(/#.*$/s, '')
}

function pathOfFile(uri: string): string | undefined {
  if (!uri.startsWith('file:')) return undefined
  try {
    return fileURLToPath(uri)
  } catch {
    // Of another machine.
    return undefined
  }
}

async function loadJson(path: string): Promise<unknown> {
  try {
    return parseJson(new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path)))
  } catch (cause) {
    const reason = isTextFault(cause)
      ? `is not sound JSON: line ${cause.line}, column ${cause.column}: ${cause.message}`
      : `cannot be read: ${(cause as Error).message}`
    throw new SluiceError('schema/invalid', `The schema ${path} ${reason}.`, { cause })
  }
}
