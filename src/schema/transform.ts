import { SluiceError } from '../errors.js'
import type { JSONSchema, JSONSchemaObject } from './json-schema.js'

/** A value that a transformation gives. */
export type TransformValue = string | number | boolean

/** The type that `cast` makes of a value. */
export type CastTo = 'string' | 'number' | 'integer' | 'boolean'

/** What `mask` leaves: so many characters at each end, with `********` for all others. A text that has no more than these shows none. */
export interface MaskOptions {
  readonly keepFirst?: number
  readonly keepLast?: number
}

/** `sha256` of what few know can be found by trying; `hmac-sha256` needs the key (`hashKey`) for that, and is what personal data asks for. */
export interface HashOptions {
  readonly algorithm: 'sha256' | 'hmac-sha256'
}

type ByField<Value> = { readonly [field: string]: Value }

/** One step of a transformation of valid records. */
export type TransformStep =
  /** These fields alone, in this order. */
  | { readonly select: readonly string[] }
  /** Other names, all at once. */
  | { readonly rename: ByField<string> }
  /** All fields but these. */
  | { readonly drop: readonly string[] }
  /** A value where the field is missing or null. */
  | { readonly default: ByField<TransformValue> }
  /** Another type: to `string` from every scalar; to the others where the schema makes sure of each value. */
  | { readonly cast: ByField<CastTo> }
  /** Text without the white space (Unicode) around it. */
  | { readonly trim: readonly string[] }
  /** Text in lower or upper case (Unicode, of no language). */
  | { readonly case: ByField<'lower' | 'upper'> }
  /** Text of which little is shown. */
  | { readonly mask: ByField<MaskOptions> }
  /** 64 hexadecimal digits. */
  | { readonly hash: ByField<HashOptions> }
  /** A value for every record. */
  | { readonly constant: ByField<TransformValue | null> }

type Flat<T> = { [Name in keyof T]: T[Name] }

type Widened<Value> = Value extends string ? string : Value extends number ? number : Value extends boolean ? boolean : Value

type CastType<To, Value> = (To extends 'string' ? string : To extends 'boolean' ? boolean : number) | Extract<Value, null | undefined>

type AsText<T, Names extends PropertyKey> = { [K in keyof T]: K extends Names ? string | Extract<T[K], null | undefined> : T[K] }

/** The type of a record after one step. */
type AfterStep<T, Step> = Step extends { readonly select: readonly (infer K)[] }
  ? { [Name in keyof T as Name extends K ? Name : never]: T[Name] }
  : Step extends { readonly drop: readonly (infer K)[] }
    ? { [Name in keyof T as Name extends K ? never : Name]: T[Name] }
    : Step extends { readonly rename: infer R }
      ? { [K in keyof T as K extends keyof R ? Extract<R[K], PropertyKey> : K]: T[K] }
      : Step extends { readonly default: infer D }
        ? Flat<
            Omit<T, keyof D> & { -readonly [K in keyof D]: Widened<D[K]> | (K extends keyof T ? Exclude<T[K], null | undefined> : never) }
          >
        : Step extends { readonly constant: infer C }
          ? Flat<Omit<T, keyof C> & { -readonly [K in keyof C]: Widened<C[K]> }>
          : Step extends { readonly cast: infer C }
            ? { [K in keyof T]: K extends keyof C ? CastType<C[K], T[K]> : T[K] }
            : Step extends { readonly mask: infer M }
              ? AsText<T, keyof M>
              : Step extends { readonly hash: infer H }
                ? AsText<T, keyof H>
                : T

/** The type of a record after all steps. */
export type Transformed<T, Steps extends readonly unknown[]> = Steps extends readonly [infer First, ...infer Rest]
  ? Transformed<AfterStep<T, First>, Rest>
  : T

/** True for a schema whose records do not go out as they came. */
export function transforms(json: JSONSchema): boolean {
  const steps = typeof json === 'object' ? json['x-transform'] : undefined
  return steps !== undefined && (steps as readonly unknown[]).length > 0
}

/** The schema with steps that were given beside it. Throws `option/invalid` where it has some of its own. */
export function withSteps(json: JSONSchema, steps: readonly TransformStep[] | undefined): JSONSchema {
  if (steps === undefined) return json
  if (!Array.isArray(steps)) throw new SluiceError('option/invalid', 'transform is no array of steps: [{ select: ["id"] }].')
  if (typeof json === 'boolean') return { allOf: [json], 'x-transform': steps }
  if (json['x-transform'] !== undefined)
    throw new SluiceError(
      'option/invalid',
      'The schema has steps of its own (x-transform), and others are given beside it (transform); keep one of them.',
    )
  return { ...json, 'x-transform': steps }
}

/** The schema with more steps. Throws `option/invalid` for what is no array. */
export function withMoreSteps(json: JSONSchemaObject, steps: readonly TransformStep[]): JSONSchemaObject {
  if (!Array.isArray(steps)) throw new SluiceError('option/invalid', 'transform() takes an array of steps: [{ select: ["id"] }].')
  return { ...json, 'x-transform': [...(json['x-transform'] ?? []), ...steps] }
}

/** What is said where a value would have to be given as it is transformed, and is not. */
export function onlyOfBytes(what: string): SluiceError {
  return new SluiceError(
    'option/invalid',
    `The schema transforms records (x-transform), which ${what} does not do: that is for the bytes that go through validate(). Use the schema without it here.`,
  )
}
