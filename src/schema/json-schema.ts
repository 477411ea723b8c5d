import type { Severity } from '../violation.js'
import type { SeverityKeyword } from './severity.js'
import type { TransformStep } from './transform.js'

/** The dialect that Sluice reads and writes: JSON Schema draft 2020-12. */
export const draft202012 = 'https://json-schema.org/draft/2020-12/schema'

/** The names that the keyword `type` knows (Validation 6.1.1). */
export type TypeName = 'string' | 'integer' | 'number' | 'boolean' | 'null' | 'array' | 'object'

/** A name with suggestions: text that came from a `.json` file has the type `string`, and must pass too. */
type Suggested<Name extends string> = Name | (string & {})

/** The formats that JSON Schema defines (Validation 7.3). Which of them are enforced is for the compiler to say: it refuses the others. */
export type FormatName =
  | 'date-time'
  | 'date'
  | 'time'
  | 'duration'
  | 'email'
  | 'idn-email'
  | 'hostname'
  | 'idn-hostname'
  | 'ipv4'
  | 'ipv6'
  | 'uri'
  | 'uri-reference'
  | 'iri'
  | 'iri-reference'
  | 'uuid'
  | 'uri-template'
  | 'json-pointer'
  | 'relative-json-pointer'
  | 'regex'

/** A rule over the fields of a record. */
export interface RecordRule {
  /** Its name in violations and reports. */
  readonly id: string
  /** An expression of the Common Expression Language that is true of each valid record. */
  readonly cel: string
  /** What a violation says; by default the expression. */
  readonly message?: string
  /** How much it weighs that a record does not meet it; by default `error`. */
  readonly severity?: Severity
}

/** An order that records keep: numbers by value, texts by code points, texts of the format `date-time` as points in time. */
export interface StreamOrder {
  readonly field: string
  /** Default `ascending`. */
  readonly direction?: 'ascending' | 'descending'
  /** No value comes twice. Default false. */
  readonly strict?: boolean
}

/** Fields whose values are those of a record of another resource, in the words of Frictionless Table Schema. */
export interface ForeignKey {
  readonly fields: string | readonly string[]
  readonly reference: { readonly resource: string; readonly fields: string | readonly string[] }
}

/** Named schemas, as under `properties` and `$defs`. */
export interface JSONSchemas {
  readonly [name: string]: JSONSchema
}

/**
 * A JSON Schema that is an object. The keywords are listed one by one, with no index signature, so that a misspelt keyword in a literal
 * does not compile, while an interface of another library still fits.
 */
export interface JSONSchemaObject {
  readonly $schema?: string
  readonly $id?: string
  readonly $ref?: string
  readonly $anchor?: string
  readonly $dynamicRef?: string
  readonly $dynamicAnchor?: string
  readonly $vocabulary?: { readonly [uri: string]: boolean }
  readonly $comment?: string
  readonly $defs?: JSONSchemas
  readonly definitions?: JSONSchemas

  readonly allOf?: readonly JSONSchema[]
  readonly anyOf?: readonly JSONSchema[]
  readonly oneOf?: readonly JSONSchema[]
  readonly not?: JSONSchema
  readonly if?: JSONSchema
  readonly then?: JSONSchema
  readonly else?: JSONSchema

  readonly type?: Suggested<TypeName> | readonly Suggested<TypeName>[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown

  readonly pattern?: string
  readonly format?: Suggested<FormatName>
  readonly minLength?: number
  readonly maxLength?: number
  readonly contentEncoding?: string
  readonly contentMediaType?: string
  readonly contentSchema?: JSONSchema

  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly multipleOf?: number

  readonly prefixItems?: readonly JSONSchema[]
  readonly items?: JSONSchema
  readonly contains?: JSONSchema
  readonly minContains?: number
  readonly maxContains?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: boolean
  readonly unevaluatedItems?: JSONSchema

  readonly properties?: JSONSchemas
  readonly patternProperties?: JSONSchemas
  readonly additionalProperties?: JSONSchema
  readonly propertyNames?: JSONSchema
  readonly required?: readonly string[]
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly dependentRequired?: { readonly [name: string]: readonly string[] }
  readonly dependentSchemas?: JSONSchemas
  readonly unevaluatedProperties?: JSONSchema

  readonly title?: string
  readonly description?: string
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  readonly deprecated?: boolean
  readonly readOnly?: boolean
  readonly writeOnly?: boolean

  /** The texts of a CSV cell that stand for no value in this field; without it the stream's `missing` option holds. */
  readonly 'x-missing'?: readonly string[]
  /** At the top: keys that no two records of a stream may share, each the name of a field or the names of several. */
  readonly 'x-unique'?: readonly (string | readonly string[])[]
  /** At the top: keys that have to be those of a record of a reference, which `resources` names when validating. */
  readonly 'x-foreignKeys'?: readonly ForeignKey[]
  /** At the top: fields in whose order the records come. */
  readonly 'x-order'?: readonly StreamOrder[]
  /** At the top: how many records there are. */
  readonly 'x-recordCount'?: { readonly minimum?: number; readonly maximum?: number }
  /** At the top: by field, in which part of the records it may be missing or null, from 0 to 1. */
  readonly 'x-missingRatio'?: { readonly [field: string]: { readonly maximum: number } }
  /** At the top: rules over the fields of a record, beside what each field must be. */
  readonly 'x-rules'?: readonly RecordRule[]
  /** How much it weighs that a value does not meet the keywords beside it: a word for all of them, or one for each that is named. */
  readonly 'x-severity'?: SeverityKeyword
  /** At the top: what becomes of valid records on their way out, step by step. */
  readonly 'x-transform'?: readonly TransformStep[]
}

/** A JSON Schema, draft 2020-12: an object of keywords, `true` (everything is valid) or `false` (nothing is). */
export type JSONSchema = JSONSchemaObject | boolean
