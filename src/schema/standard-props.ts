import { SluiceError } from '../errors.js'
import { checkRecord } from '../record.js'
import { refuses } from '../violation.js'
import { type Finding, isThenable, judgedByAll, type RecordCheck } from './checks.js'
import { draft202012, type JSONSchemaObject } from './json-schema.js'
import type { SchemaOptions } from './schema-options.js'
import { issueOf, type StandardIssue, type StandardJSONSchemaOptions, type StandardProps, type StandardResult } from './standard.js'
import { onlyOfBytes, transforms } from './transform.js'

/** What `~standard` of a schema holds. */
export function standardProps<T>(json: JSONSchemaObject, options: SchemaOptions, checks: readonly RecordCheck[]): StandardProps<T> {
  const jsonSchema = (options: StandardJSONSchemaOptions) => inDialect(json, options)
  const isTransforming = transforms(json)
  return Object.freeze({
    version: 1,
    vendor: 'sluice',
    validate: (value: unknown) => {
      if (isTransforming) throw onlyOfBytes('~standard.validate')
      // It has no word for a warning.
      const violations = checkRecord(json, value, options).filter(refuses)
      if (violations.length > 0) return { issues: violations.map((each) => issueOf(each, value)) }
      return checks.length === 0 ? { value: value as T } : checkedBy(checks, value as T)
    },
    jsonSchema: Object.freeze({
      input: jsonSchema,
      output: (options: StandardJSONSchemaOptions) => {
        if (isTransforming) throw onlyOfBytes('its JSON Schema of what comes out')
        return jsonSchema(options)
      },
    }),
  } as const)
}

function checkedBy<T>(checks: readonly RecordCheck[], value: T): StandardResult<T> {
  const outcome = judgedByAll(checks, value)
  const result = (findings: readonly Finding[]): StandardResult<T> => {
    const issues: StandardIssue[] = findings.filter(refuses).map(({ message, path }) => ({ message, path }))
    return issues.length === 0 ? { value } : { issues }
  }
  return isThenable(outcome) ? (outcome.then(result) as unknown as StandardResult<T>) : result(outcome)
}

function inDialect(json: JSONSchemaObject, options: StandardJSONSchemaOptions): Record<string, unknown> {
  const { $schema } = json
  const target = options?.target
  if (target === 'draft-2020-12' && ($schema === undefined || $schema === draft202012 || $schema === `${draft202012}#`)) return { ...json }
  if (target === 'draft-2020-12') throw new SluiceError('schema/invalid', `The schema is not of draft 2020-12 but of ${$schema}.`)
  throw new SluiceError('option/invalid', `The target ${target} is not supported; ask for draft-2020-12.`)
}
