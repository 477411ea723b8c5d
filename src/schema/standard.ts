import type { Violation } from '../violation.js'
import { isPlainObject } from './json-data.js'

// These interfaces are those of Standard Schema 1 and Standard JSON Schema 1 (standardschema.dev), told again so that no dependency is
// needed. They are compared by structure: what fits them fits the published ones.

/** The types of a standard schema: what it takes, and what it gives. There for inference alone. */
export interface StandardTypes<Input, Output> {
  readonly input: Input
  readonly output: Output
}

export interface StandardIssue {
  readonly message: string
  /** From the top of the value to the fault: names and indexes. */
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined
}

export type StandardResult<Output> = { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly StandardIssue[] }

/** Anything that can validate: a schema of Sluice, Zod, Valibot, ArkType and others (Standard Schema, version 1). */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (
      value: unknown,
      options?: { readonly libraryOptions?: Record<string, unknown> | undefined } | undefined,
    ) => StandardResult<Output> | Promise<StandardResult<Output>>
    readonly types?: StandardTypes<Input, Output> | undefined
  }
}

export interface StandardJSONSchemaOptions {
  /** The dialect that is asked for. Sluice gives `draft-2020-12` and refuses the others. */
  readonly target: 'draft-2020-12' | 'draft-07' | 'openapi-3.0' | (string & {})
  readonly libraryOptions?: Record<string, unknown> | undefined
}

/**
 * What `~standard` of a Sluice schema holds: Standard Schema and Standard JSON Schema. It validates at once; only where a check of the
 * schema answers with a promise does it too, which its type leaves out, as every other schema would have to be awaited for it.
 */
export interface StandardProps<T> {
  readonly version: 1
  readonly vendor: 'sluice'
  readonly validate: (value: unknown) => StandardResult<T>
  readonly jsonSchema: {
    readonly input: (options: StandardJSONSchemaOptions) => Record<string, unknown>
    readonly output: (options: StandardJSONSchemaOptions) => Record<string, unknown>
  }
  readonly types?: StandardTypes<T, T> | undefined
}

/** The type that a standard schema takes. */
export type StandardInput<S extends StandardSchema> = NonNullable<S['~standard']['types']>['input']

/** The type that a standard schema gives. */
export type StandardOutput<S extends StandardSchema> = NonNullable<S['~standard']['types']>['output']

/** True for a value with `~standard`; some libraries make their schemas functions. */
export function isStandardSchema(value: unknown): value is StandardSchema {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || !('~standard' in value)) return false
  const standard = value['~standard']
  return typeof standard === 'object' && standard !== null && 'vendor' in standard && 'validate' in standard
}

/** What is wrong, as Standard Schema tells it. The value is where an index of a list is told from a name that looks like one. */
export function issueOf(violation: Violation, value: unknown): StandardIssue {
  const { message, pointer, field } = violation
  if (pointer !== undefined) return { message, path: pathOf(pointer, value) }
  return field === null ? { message } : { message, path: [field] }
}

function pathOf(pointer: string, value: unknown): PropertyKey[] {
  let place: unknown = value
  // A pointer is '' for the whole value, and else begins with '/'; what stands before the first '/' is no step.
  const steps = pointer.split('/').slice(1)
  return steps.map((step) => {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~')
    const key = Array.isArray(place) ? Number(name) : name
    place =
      (Array.isArray(place) || isPlainObject(place)) && Object.hasOwn(place, key) ? (place as Record<PropertyKey, unknown>)[key] : undefined
    return key
  })
}
