import { SluiceError } from '../errors.js'
import type { Severity } from '../violation.js'
import { frozenJson } from './json-data.js'
import type { JSONSchemaObject } from './json-schema.js'
import { severitiesWith } from './severity.js'

/** What a field is made of. Never changed: every method makes a new field. */
export interface FieldState {
  readonly keywords: JSONSchemaObject
  readonly nullable: boolean
  readonly optional: boolean
}

/** Keywords that leave no value where the first is more than the second, or as much when `open`. */
const ranges = [
  { low: 'minLength', high: 'maxLength', open: false },
  { low: 'minItems', high: 'maxItems', open: false },
  { low: 'minimum', high: 'maximum', open: false },
  { low: 'minimum', high: 'exclusiveMaximum', open: true },
  { low: 'exclusiveMinimum', high: 'maximum', open: true },
  { low: 'exclusiveMinimum', high: 'exclusiveMaximum', open: true },
] as const

/**
 * One field of a record: the rules for its value, of TypeScript type `Value`, and whether the record may lack it (`Optional`). Fields are
 * immutable; each method returns a new one. A rule is given once: giving another is refused with `option/invalid`, because it would be
 * unclear whether the second narrows the first or takes its place. Annotations may be given again; the last one holds.
 */
export abstract class Field<Value = unknown, Optional extends boolean = boolean> {
  /** For inference alone; not there at run time. */
  declare readonly '~value': Value
  /** For inference alone; not there at run time. */
  declare readonly '~optional': Optional
  readonly #state: FieldState

  constructor(state: FieldState) {
    this.#state = state
  }

  /** True when the record may lack the field. */
  get isOptional(): boolean {
    return this.#state.optional
  }

  /** The field's JSON Schema, frozen. Whether it is optional is not in it: that is for `required` of the record. */
  toJSONSchema(): JSONSchemaObject {
    const { keywords, nullable } = this.#state
    return frozenJson(nullable ? withNull(keywords) : keywords, 'option/invalid', 'The field')
  }

  /** A short name (`title`, Validation 9.1). An annotation: nothing is checked. */
  title(text: string): this {
    return this.annotated({ title: text })
  }

  /** What the field means (`description`, Validation 9.1). An annotation: nothing is checked. */
  description(text: string): this {
    return this.annotated({ description: text })
  }

  /**
   * The value that stands for an absent one (`default`, Validation 9.2). An annotation: it is never filled in. Throws `option/invalid` when
   * not JSON.
   */
  default(value: Value): this {
    return this.annotated({ default: value })
  }

  /**
   * Values as they may be found (`examples`, Validation 9.5). An annotation: they are not checked. Throws `option/invalid` when not JSON.
   */
  examples(values: readonly Value[]): this {
    return this.annotated({ examples: values })
  }

  /** This field with a severity of `keywords`, or of all; the caller names the type that results. */
  protected weighed(severity: Severity, keywords: readonly string[]): unknown {
    const own = this.toJSONSchema() as { readonly [keyword: string]: unknown }
    const has = (keyword: string) => Object.hasOwn(own, keyword)
    return this.annotated({ 'x-severity': severitiesWith(this.#state.keywords['x-severity'], severity, keywords, has) })
  }

  /** This field with `nullable` or `optional` set; the caller names the type that results. */
  protected marked(change: Partial<Pick<FieldState, 'nullable' | 'optional'>>): unknown {
    return this.#derived({ ...this.#state, ...change })
  }

  /** This field with more rules; each may be given once. */
  protected ruled(rules: JSONSchemaObject): this {
    const { keywords } = this.#state
    for (const keyword of Object.keys(rules) as (keyof JSONSchemaObject)[]) {
      if (keywords[keyword] === undefined || keywords[keyword] === rules[keyword]) continue
      throw new SluiceError(
        'option/invalid',
        `The field has ${keyword} ${JSON.stringify(keywords[keyword])} already; a rule is given once.`,
      )
    }
    const next = { ...keywords, ...rules }
    if (next.enum !== undefined && next.const !== undefined) {
      throw new SluiceError('option/invalid', 'A field has enum() or const(), not both.')
    }
    refuseEmptyRange(next)
    return this.annotated(rules)
  }

  protected annotated(annotations: JSONSchemaObject): this {
    const copy = frozenJson(annotations, 'option/invalid', 'What is given to a field')
    return this.#derived({ ...this.#state, keywords: { ...this.#state.keywords, ...copy } }) as this
  }

  #derived(state: FieldState): unknown {
    return Reflect.construct(this.constructor as new (state: FieldState) => unknown, [state])
  }
}

/** A field that a CSV cell can hold. */
export abstract class CellField<Value = unknown, Optional extends boolean = boolean> extends Field<Value, Optional> {
  /**
   * The texts of a CSV cell that stand for no value in this field (`x-missing`), in place of the stream's `missing` option; `[]` for none.
   * Only CSV is concerned. A missing cell is null in a nullable field, and absent in another. Throws `option/invalid` for what is not a
   * list of different texts.
   */
  missing(tokens: readonly string[]): this {
    if (!Array.isArray(tokens) || tokens.some((token) => typeof token !== 'string') || new Set(tokens).size < tokens.length) {
      throw new SluiceError('option/invalid', 'missing() takes a list of different texts.')
    }
    return this.ruled({ 'x-missing': tokens })
  }
}

function withNull(keywords: JSONSchemaObject): JSONSchemaObject {
  const { type, const: constant, enum: values, ...rest } = keywords
  const named = type === undefined ? [] : typeof type === 'string' ? [type] : type
  const allowed = values ?? (constant === undefined ? undefined : [constant])
  return {
    type: named.includes('null') ? named : [...named, 'null'],
    ...(allowed && { enum: allowed.includes(null) ? allowed : [...allowed, null] }),
    ...rest,
  }
}

function refuseEmptyRange(keywords: JSONSchemaObject): void {
  for (const { low, high, open } of ranges) {
    const [from, to] = [keywords[low], keywords[high]]
    if (from === undefined || to === undefined || from < to || (from === to && !open)) continue
    throw new SluiceError('option/invalid', `No value has both ${low} ${from} and ${high} ${to}.`)
  }
}
