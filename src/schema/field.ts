import { SluiceError } from '../errors.js'
import { AnyField, BooleanField, NullField, NumberField, ScalarField, StringField } from './cell-fields.js'
import { Field, type FieldState } from './field-base.js'
import { listed, type Scalar, typesOf } from './field-values.js'
import { frozenJson } from './json-data.js'
import type { JSONSchemaObject } from './json-schema.js'
import { ArrayField, type Fields, keywordsOfFields, ObjectField, type RecordOfFields } from './nested-fields.js'

function made(keywords: JSONSchemaObject): FieldState {
  return { keywords: frozenJson(keywords, 'option/invalid', 'What is given to a field'), nullable: false, optional: false }
}

/** Where every field begins. A field is required and not null until `.optional()` or `.nullable()` says otherwise. */
export const field = {
  /** Text (`type: string`). */
  string: (): StringField => new StringField(made({ type: 'string' })),
  /** A whole number; 1.0 is one (`type: integer`). Its size has no limit, but TypeScript's `number` is exact only up to 2^53. */
  integer: (): NumberField => new NumberField(made({ type: 'integer' })),
  /** Any number (`type: number`). */
  number: (): NumberField => new NumberField(made({ type: 'number' })),
  /** `true` or `false` (`type: boolean`). */
  boolean: (): BooleanField => new BooleanField(made({ type: 'boolean' })),
  /** Only null (`type: null`). */
  null: (): NullField => new NullField(made({ type: 'null' })),
  /**
   * One of the values (`enum`, Validation 6.1.2). Throws `option/invalid` for an empty list, a value that is there twice or is no scalar.
   */
  enum: <const V extends Scalar>(values: readonly V[]): ScalarField<V> => {
    const list = listed(values)
    return new ScalarField(made({ type: typesOf(list), enum: list }))
  },
  /** This very value (`const`, Validation 6.1.3). Throws `option/invalid` for what is no scalar. */
  literal: <const V extends Scalar>(value: V): ScalarField<V> => {
    const list = listed([value])
    return new ScalarField(made({ type: typesOf(list), const: list[0] }))
  },
  /**
   * A list (`type: array`, `items`). Throws `option/invalid` for an item that is optional: an array has no absent items, so use
   * `.nullable()`.
   */
  array: <Item>(item: Field<Item, false>): ArrayField<Item[]> => {
    if (!(item instanceof Field)) throw new SluiceError('option/invalid', 'array() takes the field that each item is.')
    if (item.isOptional) throw new SluiceError('option/invalid', 'An item of an array cannot be optional; use nullable().')
    return new ArrayField(made({ type: 'array', items: item.toJSONSchema() }))
  },
  /**
   * An object within the record (`type: object`). Unknown fields are allowed until `.strict()`. Throws `option/invalid` for what are not
   * fields.
   */
  object: <F extends Fields>(fields: F): ObjectField<RecordOfFields<F>> => new ObjectField(made(keywordsOfFields(fields))),
  /** Any value at all, null too: nothing is checked (the empty schema). */
  any: (): AnyField => new AnyField(made({})),
} as const
