import { readFile } from 'node:fs/promises'
import { SluiceError, type TableDialect } from '../index.js'
import { parseJson } from '../schema/json-text.js'
import { isTextFault } from '../schema/text-fault.js'

/** The Table Dialect in a JSON file; what it says is looked at by `validate()`. Throws option/invalid. */
export async function loadDialect(path: string): Promise<TableDialect> {
  const text = await readText(path)
  try {
    return parseJson(text) as TableDialect
  } catch (error) {
    if (!isTextFault(error)) throw error
    throw invalid(`The dialect ${path} is not sound JSON: line ${error.line}, column ${error.column}: ${error.message}.`, error)
  }
}

async function readText(path: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path))
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw invalid(`The dialect ${path} does not exist; check the path given to --dialect.`, cause)
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') throw invalid(`The dialect ${path} is not UTF-8 text.`, cause)
    throw invalid(`The dialect ${path} cannot be read: ${message}.`, cause)
  }
}

function invalid(sentence: string, cause: unknown): SluiceError {
  return new SluiceError('option/invalid', sentence, { cause })
}
