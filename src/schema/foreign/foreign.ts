import { SluiceError } from '../../errors.js'
import { type Finding, judged, type RecordCheck } from '../checks.js'
import { findingOf } from '../finding.js'
import { frozenJson } from '../json-data.js'
import type { JSONSchemaObject } from '../json-schema.js'
import type { ForeignNote, Rules } from '../rules.js'
import type { StandardJSONSchemaOptions, StandardResult, StandardSchema } from '../standard.js'
import { changedAt } from './changed.js'
import { relaxed } from './relax.js'
import { zodOptions } from './zod.js'

type Convert = (options: StandardJSONSchemaOptions) => unknown

/** What its converter has no word for (`check`, a transform) is left out rather than refused: valibot itself has the last word. */
const valibotOptions = { errorMode: 'ignore' }
const none: readonly Finding[] = []

/**
 * The rules of a schema of another library, by Standard JSON Schema. Rust checks what its JSON Schema says for certain; every record that
 * passes is then given to the library itself, whose word is the last. Where nothing is left for it to say, it is not asked.
 *
 * Throws `schema/invalid` for a library that gives no JSON Schema, `schema/lossy` for a schema that changes records.
 */
export function foreignRules(schema: StandardSchema): Rules {
  const { vendor } = schema['~standard']
  const input = (schema['~standard'] as { jsonSchema?: { input?: Convert } }).jsonSchema?.input
  if (typeof input !== 'function') throw unconvertible(vendor)
  const zod = vendor === 'zod' ? zodOptions() : undefined
  const libraryOptions = zod?.libraryOptions ?? (vendor === 'valibot' ? valibotOptions : undefined)
  const json = converted(vendor, () => input({ target: 'draft-2020-12', ...(libraryOptions && { libraryOptions }) }))
  if (zod?.isExact()) return { json, options: {}, checks: [], notes: [] }
  const notes: ForeignNote[] = zod?.notes() ?? []
  const rest = relaxed(json, (pattern) => zod?.isSamePattern(pattern) ?? false)
  const whole = { pointer: '', keyword: vendor, how: 'javascript', note: `${vendor} decides on every record that passed Rust` } as const
  return { json: rest.json, options: {}, checks: [libraryCheck(schema)], notes: [whole, ...rest.notes, ...notes] }
}

/** What the library itself says of a record. */
function libraryCheck(schema: StandardSchema): RecordCheck {
  const { vendor } = schema['~standard']
  return {
    id: vendor,
    severity: 'error',
    // A library knows no bigint where it asks for a number.
    takesDoubles: true,
    judge: (record) =>
      judged(
        vendor,
        () => schema['~standard'].validate(record),
        (outcome) => {
          const result = outcome as StandardResult<unknown>
          if (result.issues) return result.issues.map((issue) => findingOf(issue, vendor))
          const changed = changedAt(record, result.value)
          if (changed !== undefined) throw new ChangedRecord(vendor, changed)
          return none
        },
      ),
  }
}

/** A schema changed a record, which a stream that hands records on as they came cannot do. It fails the stream. */
export class ChangedRecord extends SluiceError {
  constructor(vendor: string, pointer: string) {
    const message = `The schema of ${vendor} changes the value at ${JSON.stringify(pointer)} of a record (a transform, a default, a coercion), and records go on as they came; take that out of the schema, and do it after validate().`
    super('schema/lossy', message)
  }
}

function converted(vendor: string, convert: () => unknown): JSONSchemaObject {
  let json: unknown
  try {
    json = convert()
  } catch (cause) {
    if (cause instanceof SluiceError) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new SluiceError('schema/lossy', `The schema of ${vendor} has no JSON Schema that says as much: ${reason}`, { cause })
  }
  return frozenJson<JSONSchemaObject>({ ...(json as JSONSchemaObject) }, 'schema/invalid', `The JSON Schema of ${vendor}`)
}

function unconvertible(vendor: string): SluiceError {
  const remedy =
    vendor === 'valibot'
      ? 'wrap it by toStandardJsonSchema() of @valibot/to-json-schema'
      : `use a version of ${vendor} that has Standard JSON Schema (zod from 4.2, arktype from 2.1.28), or convert it to JSON Schema yourself`
  return new SluiceError('schema/invalid', `A schema of ${vendor} gives no JSON Schema by itself; ${remedy}.`)
}
