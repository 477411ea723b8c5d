import { SluiceError } from '../errors.js'
import type { Severity } from '../violation.js'
import { CellField } from './field-base.js'
import { count, finite, listed, type Scalar } from './field-values.js'
import type { FormatName, TypeName } from './json-schema.js'
import { patternSource } from './pattern.js'

type NullOf<Value> = Extract<Value, null>
/** The type of values that are not listed, and pass with a warning. */
type Widened<Value extends Scalar> = Value extends string ? string : Value extends number ? number : Value extends boolean ? boolean : Value

/** Text. Lengths count characters (code points). */
export class StringField<Value extends string | null = string, Optional extends boolean = false> extends CellField<Value, Optional> {
  optional(): StringField<Value, true> {
    return this.marked({ optional: true }) as StringField<Value, true>
  }

  nullable(): StringField<Value | null, Optional> {
    return this.marked({ nullable: true }) as StringField<Value | null, Optional>
  }

  /**
   * Part of the text must match (`pattern`, Validation 6.3.3); `^` and `$` tie it to the whole. Text is the source of a RegExp with the u
   * flag. Throws `option/invalid` for the flags i, m, s and y, which JSON Schema lacks; `schema/pattern` for a source that is invalid under
   * u, or whose meaning there is or may be another (without u, `.` and `[^…]` match half of an emoji): add the u flag then.
   */
  pattern(pattern: RegExp | string): this {
    return this.ruled({ pattern: patternSource(pattern) })
  }

  /**
   * The text must be of the format (`format`, Validation 7.3), which is checked and no mere annotation. Throws `option/invalid` for an
   * empty name.
   */
  format(name: FormatName | (string & {})): this {
    if (typeof name !== 'string' || name === '') throw new SluiceError('option/invalid', 'format() takes the name of a format.')
    return this.ruled({ format: name })
  }

  /** At least so many characters (`minLength`, Validation 6.3.2). Throws `option/invalid` for what is not a whole number ≥ 0. */
  minLength(characters: number): this {
    return this.ruled({ minLength: count('minLength', characters) })
  }

  /** At most so many characters (`maxLength`, Validation 6.3.1). Throws `option/invalid` for what is not a whole number ≥ 0. */
  maxLength(characters: number): this {
    return this.ruled({ maxLength: count('maxLength', characters) })
  }

  /** So many characters exactly (`minLength` and `maxLength`). Throws `option/invalid` for what is not a whole number ≥ 0. */
  length(characters: number): this {
    return this.ruled({ minLength: count('length', characters), maxLength: characters })
  }

  /** One of the texts (`enum`, Validation 6.1.2). Throws `option/invalid` for an empty list or one that has a value twice. */
  enum<const V extends string>(values: readonly V[]): StringField<V | NullOf<Value>, Optional> {
    return this.ruled({ enum: listed(values, ['string']) }) as unknown as StringField<V | NullOf<Value>, Optional>
  }

  /** This very text (`const`, Validation 6.1.3). Throws `option/invalid` for what is not text. */
  const<const V extends string>(value: V): StringField<V | NullOf<Value>, Optional> {
    return this.ruled({ const: listed([value], ['string'])[0] }) as unknown as StringField<V | NullOf<Value>, Optional>
  }

  /**
   * How much it weighs that a value does not meet the rules (`x-severity`): by `warning` that is told and counted, and the record passes; `abort`
   * stops the stream; `error` refuses the record, as rules without a severity do. `keywords` are those of JSON Schema that are meant (`pattern`); none
   * means all that the field has in the end. `type` never only warns. Whether a keyword can have a severity shows when the schema is first
   * used (`schema/severity`). Throws `option/invalid` for a keyword that the field lacks, or that has a severity already.
   */
  severity(severity: 'warning', ...keywords: string[]): StringField<string | NullOf<Value>, Optional>
  severity(severity: 'error' | 'abort', ...keywords: string[]): this
  severity(severity: Severity, ...keywords: string[]): unknown {
    return this.weighed(severity, keywords)
  }
}

/** A number, or a whole number. */
export class NumberField<Value extends number | null = number, Optional extends boolean = false> extends CellField<Value, Optional> {
  optional(): NumberField<Value, true> {
    return this.marked({ optional: true }) as NumberField<Value, true>
  }

  nullable(): NumberField<Value | null, Optional> {
    return this.marked({ nullable: true }) as NumberField<Value | null, Optional>
  }

  /**
   * At least the bound (`minimum`, Validation 6.2.4). Throws `option/invalid` for a bound that is not finite, or a bigint that is no safe
   * integer.
   */
  min(bound: number | bigint): this {
    return this.ruled({ minimum: finite('min', bound) })
  }

  /** At most the bound (`maximum`, Validation 6.2.2). Throws as `min`. */
  max(bound: number | bigint): this {
    return this.ruled({ maximum: finite('max', bound) })
  }

  /** More than the bound (`exclusiveMinimum`, Validation 6.2.5). Throws as `min`. */
  exclusiveMin(bound: number | bigint): this {
    return this.ruled({ exclusiveMinimum: finite('exclusiveMin', bound) })
  }

  /** Less than the bound (`exclusiveMaximum`, Validation 6.2.3). Throws as `min`. */
  exclusiveMax(bound: number | bigint): this {
    return this.ruled({ exclusiveMaximum: finite('exclusiveMax', bound) })
  }

  /** A multiple of the divisor (`multipleOf`, Validation 6.2.1). Throws as `min`, and for a divisor that is not more than 0. */
  multipleOf(divisor: number | bigint): this {
    const value = finite('multipleOf', divisor)
    if (value <= 0) throw new SluiceError('option/invalid', `multipleOf() takes a number more than 0, not ${value}.`)
    return this.ruled({ multipleOf: value })
  }

  /**
   * One of the numbers (`enum`, Validation 6.1.2). Throws `option/invalid` for an empty list, a value that is there twice or is not of the
   * field's type.
   */
  enum<const V extends number>(values: readonly V[]): NumberField<V | NullOf<Value>, Optional> {
    return this.ruled({ enum: listed(values, this.#types()) }) as unknown as NumberField<V | NullOf<Value>, Optional>
  }

  /** This very number (`const`, Validation 6.1.3). Throws `option/invalid` for what is not of the field's type. */
  const<const V extends number>(value: V): NumberField<V | NullOf<Value>, Optional> {
    return this.ruled({ const: listed([value], this.#types())[0] }) as unknown as NumberField<V | NullOf<Value>, Optional>
  }

  #types(): TypeName[] {
    return [this.toJSONSchema().type].flat().includes('integer') ? ['integer'] : ['integer', 'number']
  }

  /** How much it weighs that a value does not meet the rules: see `StringField.severity`. */
  severity(severity: 'warning', ...keywords: string[]): NumberField<number | NullOf<Value>, Optional>
  severity(severity: 'error' | 'abort', ...keywords: string[]): this
  severity(severity: Severity, ...keywords: string[]): unknown {
    return this.weighed(severity, keywords)
  }
}

/** `true` or `false`. */
export class BooleanField<Value extends boolean | null = boolean, Optional extends boolean = false> extends CellField<Value, Optional> {
  optional(): BooleanField<Value, true> {
    return this.marked({ optional: true }) as BooleanField<Value, true>
  }

  nullable(): BooleanField<Value | null, Optional> {
    return this.marked({ nullable: true }) as BooleanField<Value | null, Optional>
  }

  /** This one of the two (`const`, Validation 6.1.3). Throws `option/invalid` for what is not a boolean. */
  const<const V extends boolean>(value: V): BooleanField<V | NullOf<Value>, Optional> {
    return this.ruled({ const: listed([value], ['boolean'])[0] }) as unknown as BooleanField<V | NullOf<Value>, Optional>
  }

  /** How much it weighs that a value does not meet the rules: see `StringField.severity`. */
  severity(severity: 'warning', ...keywords: string[]): BooleanField<boolean | NullOf<Value>, Optional>
  severity(severity: 'error' | 'abort', ...keywords: string[]): this
  severity(severity: Severity, ...keywords: string[]): unknown {
    return this.weighed(severity, keywords)
  }
}

/** One of listed values; made by `field.enum` and `field.literal`. */
export class ScalarField<Value extends Scalar = Scalar, Optional extends boolean = false> extends CellField<Value, Optional> {
  optional(): ScalarField<Value, true> {
    return this.marked({ optional: true }) as ScalarField<Value, true>
  }

  nullable(): ScalarField<Value | null, Optional> {
    return this.marked({ nullable: true }) as ScalarField<Value | null, Optional>
  }

  /** How much it weighs that a value does not meet the rules: see `StringField.severity`. */
  severity(severity: 'warning', ...keywords: string[]): ScalarField<Widened<Value>, Optional>
  severity(severity: 'error' | 'abort', ...keywords: string[]): this
  severity(severity: Severity, ...keywords: string[]): unknown {
    return this.weighed(severity, keywords)
  }
}

/** Only null. */
export class NullField<Optional extends boolean = false> extends CellField<null, Optional> {
  optional(): NullField<true> {
    return this.marked({ optional: true }) as NullField<true>
  }
}

/** Any value at all, null too. */
export class AnyField<Optional extends boolean = false> extends CellField<unknown, Optional> {
  optional(): AnyField<true> {
    return this.marked({ optional: true }) as AnyField<true>
  }
}
