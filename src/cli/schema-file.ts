import { readFile } from 'node:fs/promises'
import { extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type JSONSchema, readReferences, type SchemaInput, SluiceError } from '../index.js'
import { parseJson } from '../schema/json-text.js'
import { isTextFault } from '../schema/text-fault.js'

const moduleExtensions = new Set(['.js', '.mjs', '.cjs'])
const yamlExtensions = new Set(['.yaml', '.yml'])

/**
 * The schema in a JSON or YAML file, or the one that a module exports (as `default` or `schema`). A file of another name is read as JSON
 * when it begins with `{`, else as YAML. Throws schema/invalid.
 */
export async function loadSchema(path: string): Promise<SchemaInput> {
  const extension = extname(path).toLowerCase()
  if (moduleExtensions.has(extension)) return importSchema(path)
  const text = await readText(path)
  if (text.trim() === '') throw invalid(`The schema ${path} is empty.`)
  const json = extension === '.json' || (!yamlExtensions.has(extension) && text.trimStart().startsWith('{'))
  try {
    // Loaded only for YAML, because it takes its time.
    const schema = json ? parseJson(text) : (await import('./yaml-text.js')).parseYaml(text)
    // As of a YAML file that is nothing but comments.
    if (schema === null) throw invalid(`The schema ${path} is empty.`)
    return schema as SchemaInput
  } catch (error) {
    if (!isTextFault(error)) throw error
    const { line, column, message } = error
    throw invalid(`The schema ${path} is not sound ${json ? 'JSON' : 'YAML'}: line ${line}, column ${column}: ${message}.`, error)
  }
}

/** The schema in a file, and what it reaches in the directory `references`. Throws schema/invalid. */
export async function loadWithReferences(
  path: string,
  references: string | undefined,
): Promise<{ schema: SchemaInput; references?: Record<string, JSONSchema> }> {
  const schema = await loadSchema(path)
  // A module would be run, which nobody asked for.
  const load = async (file: string): Promise<unknown> => {
    if (moduleExtensions.has(extname(file).toLowerCase()))
      throw invalid(`The schema ${file} is a module; $ref can lead to JSON and YAML only.`)
    return loadSchema(file)
  }
  return references === undefined ? { schema } : readReferences(schema, references, { load, path })
}

async function readText(path: string): Promise<string> {
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (cause) {
    throw unreadable(path, cause)
  }
  try {
    // Fatal, because a letter replaced in a pattern or a name would be another rule. It also drops a byte order mark.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw invalid(`The schema ${path} is not UTF-8 text.`, cause)
  }
}

async function importSchema(path: string): Promise<SchemaInput> {
  // First, because a module that cannot be found may also be one that this one imports.
  await readText(path)
  let exported: { default?: unknown; schema?: unknown }
  try {
    exported = await import(pathToFileURL(resolve(path)).href)
  } catch (cause) {
    throw invalid(`The schema module ${path} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}.`, cause)
  }
  const schema = exported.default ?? exported.schema
  if (schema === undefined || schema === null)
    throw invalid(`The schema module ${path} exports no schema, neither as default nor as schema.`)
  return schema as SchemaInput
}

function unreadable(path: string, cause: unknown): SluiceError {
  const { code, message } = cause as NodeJS.ErrnoException
  if (code === 'ENOENT' || code === 'ENOTDIR') return invalid(`The schema ${path} does not exist; check the path given to --schema.`, cause)
  if (code === 'EISDIR') return invalid(`The schema ${path} is a directory; name a file in it.`, cause)
  if (code === 'EACCES') return invalid(`The schema ${path} may not be read by this user; check its permissions.`, cause)
  return invalid(`The schema ${path} cannot be read: ${message}.`, cause)
}

function invalid(sentence: string, cause?: unknown): SluiceError {
  return new SluiceError('schema/invalid', sentence, { cause })
}
