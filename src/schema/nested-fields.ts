import { SluiceError } from '../errors.js'
import type { Severity } from '../violation.js'
import { Field } from './field-base.js'
import { count } from './field-values.js'
import type { JSONSchema, JSONSchemaObject } from './json-schema.js'

/** The fields of a record, or of an object within one. */
export interface Fields {
  readonly [name: string]: Field
}

/** Writes an intersection out as one object type, so that editors show the record and not how it was made. */
export type Simplify<T> = { [K in keyof T]: T[K] }

/**
 * The type of a record that has the fields. An optional field is `name?: T | undefined`, also under `exactOptionalPropertyTypes`: a
 * property that is undefined counts as absent, as in JSON.stringify, so such a record can pass and readers must know.
 */
export type RecordOfFields<F extends Fields> = Simplify<
  { -readonly [K in keyof F as true extends F[K]['~optional'] ? never : K]: F[K]['~value'] } & {
    -readonly [K in keyof F as true extends F[K]['~optional'] ? K : never]?: F[K]['~value'] | undefined
  }
>

/** A list of items of one kind. No CSV cell holds one. */
export class ArrayField<Value extends readonly unknown[] | null, Optional extends boolean = false> extends Field<Value, Optional> {
  optional(): ArrayField<Value, true> {
    return this.marked({ optional: true }) as ArrayField<Value, true>
  }

  nullable(): ArrayField<Value | null, Optional> {
    return this.marked({ nullable: true }) as ArrayField<Value | null, Optional>
  }

  /** At least so many items (`minItems`, Validation 6.4.2). Throws `option/invalid` for what is not a whole number ≥ 0. */
  minItems(items: number): this {
    return this.ruled({ minItems: count('minItems', items) })
  }

  /** At most so many items (`maxItems`, Validation 6.4.1). Throws `option/invalid` for what is not a whole number ≥ 0. */
  maxItems(items: number): this {
    return this.ruled({ maxItems: count('maxItems', items) })
  }

  /** No two items are equal as JSON (`uniqueItems`, Validation 6.4.3). */
  uniqueItems(): this {
    return this.ruled({ uniqueItems: true })
  }

  /** How much it weighs that a value does not meet the rules: see `StringField.severity`. */
  severity(severity: Severity, ...keywords: string[]): this {
    return this.weighed(severity, keywords) as this
  }
}

/** An object with fields of its own. No CSV cell holds one. */
export class ObjectField<Value extends object | null, Optional extends boolean = false> extends Field<Value, Optional> {
  optional(): ObjectField<Value, true> {
    return this.marked({ optional: true }) as ObjectField<Value, true>
  }

  nullable(): ObjectField<Value | null, Optional> {
    return this.marked({ nullable: true }) as ObjectField<Value | null, Optional>
  }

  /** No field but the listed ones (`additionalProperties: false`, Core 10.3.2.3). */
  strict(): this {
    return this.ruled({ additionalProperties: false })
  }

  /** How much it weighs that fields are missing or unknown: see `StringField.severity`. Each field within has its own. */
  severity(severity: 'warning', ...keywords: string[]): ObjectField<Partial<NonNullable<Value>> | Extract<Value, null>, Optional>
  severity(severity: 'error' | 'abort', ...keywords: string[]): this
  severity(severity: Severity, ...keywords: string[]): unknown {
    return this.weighed(severity, keywords)
  }
}

/**
 * The keywords for an object with the fields: `type`, `properties`, and `required` in the order of the fields, left out when it would be
 * empty.
 */
export function keywordsOfFields(fields: Fields): JSONSchemaObject {
  refuseOddFields(fields)
  const entries = Object.entries(fields)
  const required = entries.filter(([, each]) => !each.isOptional).map(([name]) => name)
  // Object.fromEntries makes `__proto__` a key like any other, where an assignment would set the prototype.
  const properties: Record<string, JSONSchema> = Object.fromEntries(entries.map(([name, each]) => [name, each.toJSONSchema()]))
  return { type: 'object', properties, ...(required.length > 0 && { required }) }
}

function refuseOddFields(fields: Fields): void {
  const prototype: unknown = typeof fields === 'object' && fields !== null ? Object.getPrototypeOf(fields) : undefined
  if (prototype instanceof Field) {
    throw new SluiceError(
      'option/invalid',
      "A field named __proto__ is written ['__proto__']: without brackets JavaScript makes it no key.",
    )
  }
  if (prototype === undefined || (prototype !== null && Object.getPrototypeOf(prototype) !== null)) {
    throw new SluiceError('option/invalid', 'Fields are given as an object: { name: field.string() }.')
  }
  for (const name of Reflect.ownKeys(fields)) {
    if (typeof name === 'string' && fields[name] instanceof Field) continue
    throw new SluiceError('option/invalid', `What is given for ${String(name)} is not a field; make it with field.string() and its like.`)
  }
}
