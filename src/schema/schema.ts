import { SluiceError } from '../errors.js'
import { type CheckFunction, type CheckOptions, checkOf, checksKey, type RecordCheck } from './checks.js'
import { extended, namesOf, omitted, partialOf, picked, strictOf } from './compose.js'
import { Field } from './field-base.js'
import { withForeignKey } from './foreign-key.js'
import { frozenSchema } from './frozen-schema.js'
import { isPlainObject } from './json-data.js'
import { draft202012, type JSONSchema, type JSONSchemaObject, type StreamOrder } from './json-schema.js'
import { type Fields, keywordsOfFields, type RecordOfFields, type Simplify } from './nested-fields.js'
import { type RuleOptions, ruled } from './record-rule.js'
import { planOptions, type SchemaOptions, schemaOptionsIn } from './schema-options.js'
import { isStandardSchema, type StandardProps } from './standard.js'
import { standardProps } from './standard-props.js'
import { type RecordCountBounds, withMissingRatio, withOrder, withRecordCount, withUnique } from './stream-rules.js'
import { type Transformed, type TransformStep, transforms, withMoreSteps } from './transform.js'

/** The record's type after `extend`: where both have a field, the second's type holds. */
export type Extended<T, U> = Simplify<Omit<T, keyof U> & U>

/** The record's type with the named fields turned optional. */
export type PartialRecord<T, K extends keyof T> = Simplify<Omit<T, K> & { [Name in K]?: T[Name] | undefined }>

/**
 * The rules for a record of type `T`. It is a JSON Schema within, and immutable: each method returns a new schema.
 *
 * The methods that compose know `type`, `properties`, `required`, `additionalProperties`, `$defs` and annotations. On a schema from
 * `fromJSONSchema` with any other keyword, with `$id`, or with references to places that would change they throw `schema/invalid` and say
 * why; nothing is dropped.
 */
export class Schema<T = Record<string, unknown>> {
  /** Standard Schema 1 and Standard JSON Schema 1, so that other tools can use this schema. */
  readonly '~standard': StandardProps<T>
  /** Rules in JavaScript. */
  readonly [checksKey]: readonly RecordCheck[]
  readonly #json: JSONSchemaObject
  readonly #options: SchemaOptions

  /** Use `schema()` or `fromJSONSchema()`. */
  constructor(json: JSONSchemaObject, options: SchemaOptions = {}, checks: readonly RecordCheck[] = []) {
    const frozen = frozenSchema(json)
    this.#json = frozen
    this[checksKey] = Object.freeze([...checks])
    this.#options = Object.freeze(schemaOptionsIn(options))
    planOptions(this.#options)
    this['~standard'] = standardProps<T>(frozen, this.#options, checks)
  }

  /** What its keywords mean; `validate`, `explain` and `~standard` go by it. */
  get options(): SchemaOptions {
    return this.#options
  }

  /** The JSON Schema, draft 2020-12: plain data, deeply frozen, the same object each time. */
  toJSONSchema(): JSONSchemaObject {
    return this.#json
  }

  /**
   * The fields of both; where both have a field, the other's takes its place. Unknown fields are refused when either schema refuses them.
   * Throws `schema/invalid` when the two cannot be joined soundly, `option/invalid` for what is neither a schema nor fields.
   */
  extend<U>(other: Schema<U>): Schema<Extended<T, U>>
  extend<F extends Fields>(fields: F): Schema<Extended<T, RecordOfFields<F>>>
  extend(other: Schema<unknown> | Fields): Schema<unknown> {
    const second = other instanceof Schema ? other : schema(other)
    return new Schema(extended(this.#json, second.toJSONSchema()), this.#options, [...this[checksKey], ...second[checksKey]])
  }

  /**
   * The named fields alone, in the order of this schema. Throws `option/invalid` for a name that is no field, `schema/invalid` as above.
   */
  pick<const K extends keyof T & string>(...names: K[]): Schema<Simplify<Pick<T, K>>> {
    this.#refuseChecks('pick')
    return new Schema(picked(this.#json, names), this.#options)
  }

  /** All fields but the named ones. A strict schema then refuses those. Throws as `pick`. */
  omit<const K extends keyof T & string>(...names: K[]): Schema<Simplify<Omit<T, K>>> {
    this.#refuseChecks('omit')
    return new Schema(omitted(this.#json, names), this.#options)
  }

  /**
   * The named fields turned optional; all of them when none is named, also by an empty list. Objects within are left as they are. Throws as
   * `pick`.
   */
  partial<const K extends keyof T & string = keyof T & string>(...names: K[]): Schema<PartialRecord<T, K>> {
    this.#refuseChecks('partial')
    return new Schema(partialOf(this.#json, names), this.#options)
  }

  /** Refuses fields that the schema does not list (`additionalProperties: false`, Core 10.3.2.3). Objects within are left as they are. */
  strict(): Schema<T> {
    return new Schema(strictOf(this.#json), this.#options, this[checksKey])
  }

  /**
   * A rule in JavaScript, which runs on every record that meets all other rules: it returns `true`, or a sentence that says what is wrong,
   * which becomes the violation `check/refused`. It may return a promise; `checkConcurrency` records are then under way at once. When it
   * throws, or returns anything else, the record is refused by the violation `check/failed`. It must not change the record. An integer beyond
   * 2^53 reaches it as a bigint. With `{ severity: 'warning' }` the record passes all the same, and the violation is told. JSON Schema has no word for it, so `toJSONSchema()` is without it.
   *
   * Throws `option/invalid` for an empty or a second use of an id.
   */
  check(id: string, check: CheckFunction<T>, options: CheckOptions = {}): Schema<T> {
    if (transforms(this.#json))
      throw new SluiceError(
        'option/invalid',
        'A check sees records as they came in, before they are transformed; call check() before transform().',
      )
    if (this[checksKey].some((each) => each.id === id)) {
      throw new SluiceError('option/invalid', `The schema has a check ${JSON.stringify(id)} already; give each its own name.`)
    }
    return new Schema(this.#json, this.#options, [...this[checksKey], checkOf(id, check as CheckFunction<never>, options)])
  }

  /**
   * What becomes of valid records on their way out, step by step (`x-transform`): `.transform([{ drop: ['iban'] }, { rename: { a: 'id' } }])`. Records
   * are checked as they came in, and the type of this schema is then that of the records that come out. It is for the bytes that go
   * through `validate`, and for `records()`. Steps that are wrong show when the schema is first used, or when the source is opened
   * (`schema/transform`). Throws `option/invalid` for what is no array.
   */
  transform<const Steps extends readonly TransformStep[]>(steps: Steps): Schema<Transformed<T, Steps>> {
    return new Schema(withMoreSteps(this.#json, steps), this.#options, this[checksKey])
  }

  #refuseChecks(operation: string): void {
    const [first] = this[checksKey]
    if (!first) return
    const message = `${operation}() may take away fields that the check ${JSON.stringify(first.id)} reads; call it before check().`
    throw new SluiceError('option/invalid', message)
  }

  /**
   * A rule over several fields (`x-rules`), in the Common Expression Language: `.rule('dates', 'start <= end')`. A record of which it is false
   * has the violation `rule`; one of which it is neither true nor false (a field that is not there) `rule/error`. Rules come last: `extend`,
   * `pick`, `omit` and `partial` of a schema with rules throw `schema/invalid`. Whether the expression fits the fields shows when the schema is
   * first used (`schema/rule`). Throws `option/invalid` for what is no text, and for an id that is there already.
   */
  rule(id: string, cel: string, options: RuleOptions = {}): Schema<T> {
    const rules = ruled(this.#json['x-rules'] ?? [], id, cel, options)
    return new Schema({ ...this.#json, 'x-rules': rules }, this.#options, this[checksKey])
  }

  /**
   * A key that no two records of a stream may share (`x-unique`): `.unique('id')`, `.unique('country', 'zip')`. The first record with a key
   * passes; each later one has the violation `unique/duplicate`, which names the first. A record in which a field of the key is missing or null is
   * not looked at, as in SQL. `pick` and `omit` refuse to take a field of a key away.
   *
   * Throws `option/invalid` for names that are no fields, and for a key that is there already.
   */
  unique<const K extends keyof T & string>(...names: [K, ...K[]]): Schema<T> {
    const keys = withUnique(this.#json['x-unique'] ?? [], names, namesOf(this.#json))
    return new Schema({ ...this.#json, 'x-unique': keys }, this.#options, this[checksKey])
  }

  /**
   * Records in the order of a field (`x-order`): `.order('time')`, `.order('n', { direction: 'descending', strict: true })`. One that breaks the order
   * to the last record that kept it has the violation `order/broken`. Like `recordCount` and `missingRatio` it comes after `extend`, `pick`, `omit`
   * and `partial`, and a rule beside it that may refuse a record is in CEL. Throws `option/invalid` for a name that is no field, and for a second
   * order of one.
   */
  order<const K extends keyof T & string>(field: K, options: Omit<StreamOrder, 'field'> = {}): Schema<T> {
    return new Schema(withOrder(this.#json, { field, ...options }, namesOf(this.#json)), this.#options, this[checksKey])
  }

  /** How many records a stream has, valid or not (`x-recordCount`), asked at its end: `.recordCount({ minimum: 1 })`. Throws `option/invalid` for a second use. */
  recordCount(bounds: RecordCountBounds): Schema<T> {
    return new Schema(withRecordCount(this.#json, bounds), this.#options, this[checksKey])
  }

  /**
   * In what part of the records at most a field is missing or null (`x-missingRatio`), asked at the end of a stream: `.missingRatio('email', 0.1)`. Throws
   * `option/invalid` for a name that is no field, and for a second use of one.
   */
  missingRatio<const K extends keyof T & string>(field: K, maximum: number): Schema<T> {
    return new Schema(withMissingRatio(this.#json, field, maximum, namesOf(this.#json)), this.#options, this[checksKey])
  }

  /**
   * A foreign key (`x-foreignKeys`): `.references('carrier', 'airlines', 'code')`, `.references(['country', 'zip'], 'places', ['country', 'code'])`.
   * A record whose key is in no record of the resource has the violation `reference/unknown`; one in which a field of the key is missing or null is
   * not looked at, as in SQL (MATCH SIMPLE). `validate` is given the records by the option `resources`: `{ airlines: 'airlines.csv' }`.
   *
   * Throws `option/invalid` for names that are no fields, and for a foreign key that is there already.
   */
  references<const K extends keyof T & string>(
    fields: K | readonly [K, ...K[]],
    resource: string,
    referenced: string | readonly [string, ...string[]],
  ): Schema<T> {
    const parts = { fields: [fields].flat() as string[], resource, referenced: [referenced].flat() as string[] }
    const keys = withForeignKey(this.#json['x-foreignKeys'] ?? [], parts, namesOf(this.#json))
    return new Schema({ ...this.#json, 'x-foreignKeys': keys }, this.#options, this[checksKey])
  }
}

/** What says how records must be: a Schema of the builder, a JSON Schema (draft 2020-12) as plain data, or `true` or `false`. */
export type SchemaInput = { readonly '~standard': StandardProps<unknown>; toJSONSchema(): JSONSchemaObject } | JSONSchema

/** The type of a record that passes: inferred from a Schema; `Record<string, unknown>` for a plain JSON Schema. */
export type RecordOf<S extends SchemaInput> = S extends { readonly '~standard': StandardProps<infer T> } ? T : Record<string, unknown>

/** The type of what meets a Schema or a field: `type User = Infer<typeof userSchema>`. */
export type Infer<S extends Field | { readonly '~standard': StandardProps<unknown> }> =
  S extends Field<infer Value> ? Value : S extends { readonly '~standard': StandardProps<infer T> } ? T : never

/**
 * A schema for records with these fields. A field is required unless `.optional()`; fields not listed are allowed until `.strict()`.
 *
 * @throws SluiceError `option/invalid` for what are not fields.
 */
export function schema<F extends Fields>(fields: F): Schema<RecordOfFields<F>> {
  return new Schema({ $schema: draft202012, ...keywordsOfFields(fields) })
}

/**
 * A Schema around a JSON Schema, draft 2020-12, which is copied and kept as it is. The record's type is not inferred; give it, and answer
 * for it: `fromJSONSchema<User>(json)`. Whether its keywords are supported shows when it is first used. `options` stay with the schema: those of
 * `validate` and `explain` come before them.
 *
 * @throws SluiceError `schema/invalid` for what is not an object of JSON data; `schema/too-large` for one nested more than 500 deep;
 * `schema/lossy` for one of TypeBox that means more than its JSON Schema says.
 */
export function fromJSONSchema<T = Record<string, unknown>>(json: JSONSchemaObject, options: SchemaOptions = {}): Schema<T> {
  if (!isPlainObject(json)) throw new SluiceError('schema/invalid', 'The schema of a record must be an object of keywords.')
  return new Schema<T>(json, options)
}

/**
 * The JSON Schema that is meant. For a Schema it is the same object each time; plain data is copied and frozen.
 *
 * @throws SluiceError `schema/invalid` for anything else, also for a schema of another library.
 */
export function jsonSchemaOf(input: SchemaInput): JSONSchema {
  if (typeof input === 'boolean') return input
  if (isSluiceSchema(input)) return input.toJSONSchema()
  if (isStandardSchema(input)) {
    const { vendor } = input['~standard']
    const message = `A schema of ${vendor} is more than a JSON Schema; give it to validate() as it is, or take its toJSONSchema() and answer for what that loses.`
    throw new SluiceError('schema/invalid', message)
  }
  if (isPlainObject(input)) return frozenSchema(input)
  const remedy =
    (input as unknown) instanceof Field ? 'a field is no schema by itself: write schema({ name: field })' : 'give a Schema or a JSON Schema'
  throw new SluiceError('schema/invalid', `The schema cannot be used; ${remedy}.`)
}

/** What was said of the keywords of a Schema when it was made. */
export function schemaOptionsOf(input: SchemaInput): SchemaOptions {
  return isSluiceSchema(input) && 'options' in input ? schemaOptionsIn((input as Schema).options) : {}
}

/** True for a Schema, also one of another copy of this package. */
export function isSluiceSchema(value: unknown): value is Exclude<SchemaInput, JSONSchema> {
  return (
    isStandardSchema(value) && value['~standard'].vendor === 'sluice' && 'toJSONSchema' in value && typeof value.toJSONSchema === 'function'
  )
}
