import { SluiceError } from '../errors.js'
import { limits } from '../limits.js'
import type { PlanOptions } from '../native.js'
import { frozenSchema } from './frozen-schema.js'
import type { JSONSchema } from './json-schema.js'

/** What the keywords of a schema mean, where JSON Schema leaves it open. */
export interface SchemaOptions {
  /** `format` of JSON Schema is enforced (the default), or is an annotation. */
  formatAssertion?: boolean | undefined
  /** Keywords that nobody knows are refused (the default), or ignored. */
  unknownKeywords?: 'refuse' | 'ignore' | undefined
  /** Bytes of JSON of the schema; more are the error `schema/too-large`. Default 4,194,304 (4 MiB); see `limits`. */
  schemaBytesMax?: number | undefined
  /** Schemas that `$ref` may reach outside of the schema, by their absolute URI. Nothing else is ever fetched. Default: none. */
  references?: Readonly<Record<string, JSONSchema>> | undefined
}

/** The options as the addon takes them. Throws `option/invalid`. */
export function planOptions(options: SchemaOptions, mask: readonly string[] = []): PlanOptions {
  const { formatAssertion = true, unknownKeywords = 'refuse', schemaBytesMax = limits.schemaBytesMax.default, references } = options
  if (typeof formatAssertion !== 'boolean') throw invalid('formatAssertion', formatAssertion, 'true or false')
  if (unknownKeywords !== 'refuse' && unknownKeywords !== 'ignore')
    throw invalid('unknownKeywords', unknownKeywords, 'one of refuse, ignore')
  const { most } = limits.schemaBytesMax
  if (!Number.isInteger(schemaBytesMax) || schemaBytesMax < 1 || schemaBytesMax > most)
    throw invalid('schemaBytesMax', schemaBytesMax, `a whole number from 1 to ${most}`)
  return {
    formatAssertion,
    bytesMax: schemaBytesMax,
    ignoreUnknown: unknownKeywords === 'ignore',
    mask,
    references: referencesOf(references),
  }
}

/** The options that say what keywords mean, without those that are undefined. */
export function schemaOptionsIn({ formatAssertion, unknownKeywords, schemaBytesMax, references }: SchemaOptions): SchemaOptions {
  return Object.fromEntries(
    Object.entries({ formatAssertion, unknownKeywords, schemaBytesMax, references }).filter(([, value]) => value !== undefined),
  )
}

function referencesOf(references: SchemaOptions['references']): { uri: string; json: string }[] {
  if (references === undefined) return []
  if (typeof references !== 'object' || references === null || Array.isArray(references)) {
    throw invalid('references', references, 'an object of schemas by their absolute URI')
  }
  return Object.entries(references).map(([uri, schema]) => ({
    uri,
    json: JSON.stringify(typeof schema === 'object' && schema !== null ? frozenSchema(schema) : schema),
  }))
}

function invalid(name: string, value: unknown, needed: string): SluiceError {
  return new SluiceError('option/invalid', `${name} is ${JSON.stringify(value) ?? String(value)}; it must be ${needed}.`)
}
