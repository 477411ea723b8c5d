import { textsOfFormat } from './format-texts.js'
import { cheapPattern } from './pattern-cost.js'

/** How the values of a stream of objects are read. */
export interface Reading {
  /** Strings are CSV cells, typed by the schema. */
  readonly cells: boolean
  /** Texts of a cell that stand for a missing value. */
  readonly missing: readonly string[]
  readonly formatAssertion: boolean
}

/** Units of text up to which a string is looked at. */
const textMaxMost = 1_000

/** What generated code refers to: it has no text of a schema in it but the names of fields, as JSON. */
export class Constants {
  readonly values: unknown[] = []

  add(value: unknown): string {
    this.values.push(value)
    return `c${this.values.length - 1}`
  }
}

type FieldSchema = Record<string, unknown>

const annotations = ['$comment', 'title', 'description', 'default', 'examples', 'deprecated', 'readOnly', 'writeOnly']
const known = new Set([
  ...annotations,
  ...['type', 'enum', 'const', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  ...['minLength', 'maxLength', 'pattern', 'format', 'x-missing'],
])
const numberKeywords = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf']
const types = new Set(['null', 'boolean', 'integer', 'number', 'string', 'object', 'array'])
/** With it, a text is no Unicode, or has more units than characters. */
const surrogates = /[\ud800-\udfff]/
const integerCell = /^-?[0-9]+$/
const numberCell = /^-?[0-9]+(?:\.[0-9]+)?$/
/** A decimal of at most 15 digits is told apart from every other one by its double. */
const numberLengthMax = 15

/**
 * The body of a function of `v`, a value that is not undefined, which gives true only where `schema` surely finds nothing wrong with it; undefined where
 * nothing can be told of any value. A keyword that is not understood is such a case.
 */
export function fieldGlance(schema: unknown, isRequired: boolean, reading: Reading, constants: Constants): string | undefined {
  if (schema === true) return fieldGlance({}, isRequired, reading, constants)
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return undefined
  if (!Object.keys(schema).every((keyword) => known.has(keyword))) return undefined
  const field = new FieldGlance(schema as FieldSchema, reading, constants)
  return reading.cells ? field.cell(isRequired) : field.value()
}

/** Whether a string may be looked at: it is short, and each of its units is a character. */
export function anyText(constants: Constants, textMax = textMaxMost): string {
  return `v.length<=${textMax}&&!${constants.add(surrogates)}.test(v)`
}

/** A text whose units are its characters. */
function isWhole(value: unknown): boolean {
  return typeof value === 'string' && !surrogates.test(value)
}

class FieldGlance {
  readonly #schema: FieldSchema
  readonly #reading: Reading
  readonly #constants: Constants

  constructor(schema: FieldSchema, reading: Reading, constants: Constants) {
    this.#schema = schema
    this.#reading = reading
    this.#constants = constants
  }

  /** Of a value as it is. */
  value(): string | undefined {
    const named = this.#types() ?? (this.#schema['type'] === undefined ? [...types] : undefined)
    const listed = this.#listed()
    if (!named || listed === null) return undefined
    const text = named.includes('string') ? this.#text() : 'false'
    const number = named.includes('number') ? this.#number('v', false) : named.includes('integer') ? this.#number('v', true) : 'false'
    if (text === undefined || number === undefined) return undefined
    return [
      ...(listed ? [`if(!${listed}.has(v))return false`] : []),
      `if(typeof v==="string")return ${text}`,
      `if(typeof v==="number")return ${number}`,
      `return ${named.includes('boolean') ? '(v===true||v===false)' : 'false'}||${named.includes('null') ? 'v===null' : 'false'}`,
    ].join(';')
  }

  /** Of the text of a cell, which may stand for a missing value. */
  cell(isRequired: boolean): string | undefined {
    const listed = this.#listed()
    const named = this.#types() ?? (this.#schema['type'] === undefined ? this.#listedTypes() : undefined)
    const tokens = this.#schema['x-missing'] ?? this.#reading.missing
    if (!named || listed === null || !Array.isArray(tokens) || !tokens.every(isWhole)) return undefined
    const isNullable = named.includes('null')
    const [type, more] = named.filter((name) => name !== 'null')
    if (more !== undefined) return undefined
    const rest = this.#cellOf(type, listed)
    if (rest === undefined) return undefined
    const ofMissing = isNullable ? listed === undefined || this.#members()?.includes(null) : !isRequired
    const isMissing = tokens.length === 1 ? `v===${this.#constants.add(tokens[0])}` : `${this.#constants.add(new Set(tokens))}.has(v)`
    return [
      'if(typeof v!=="string")return false',
      ...(tokens.length > 0 ? [`if(${isMissing})return ${ofMissing === true}`] : []),
      rest,
    ].join(';')
  }

  /** Of a cell that is not missing. */
  #cellOf(type: string | undefined, listed: string | undefined): string | undefined {
    switch (type) {
      case 'string': {
        const text = this.#text()
        return text && `return ${listed ? `${listed}.has(v)&&` : ''}${text}`
      }
      case 'boolean':
        return listed ? undefined : 'return v==="true"||v==="false"'
      case 'integer':
      case 'number': {
        // Of one number there are many texts.
        if (listed) return undefined
        const grammar = this.#constants.add(type === 'integer' ? integerCell : numberCell)
        const number = this.#number('n', false)
        return number && `if(v.length>${numberLengthMax}||!${grammar}.test(v))return false;const n=+v;return ${number}`
      }
      default:
        return undefined
    }
  }

  /** The names in `type`; undefined where there are none, or others. */
  #types(): string[] | undefined {
    const given = this.#schema['type']
    const names = Array.isArray(given) ? given : [given]
    return names.length > 0 && names.every((name) => types.has(name)) ? names : undefined
  }

  /** What a cell without `type` is read as: the types of its members, or text. */
  #listedTypes(): string[] | undefined {
    if (numberKeywords.some((keyword) => this.#schema[keyword] !== undefined)) return undefined
    const members = this.#members()
    if (!members) return ['string']
    const isText = members.every((member) => member === null || typeof member === 'string')
    if (!isText) return undefined
    return members.includes(null) ? ['string', 'null'] : ['string']
  }

  #members(): unknown[] | undefined {
    const { enum: listed, const: only } = this.#schema
    return Array.isArray(listed) ? listed : only !== undefined ? [only] : undefined
  }

  /** The set of `enum` or `const`; undefined without one, null where it is not understood. */
  #listed(): string | undefined | null {
    const { enum: listed, const: only } = this.#schema
    if (listed === undefined && only === undefined) return undefined
    if ((listed !== undefined && only !== undefined) || (listed !== undefined && !Array.isArray(listed))) return null
    const isSimple = (member: unknown) => (typeof member === 'string' ? isWhole(member) : typeof member !== 'object' || member === null)
    return this.#constants.add(new Set(this.#members()?.filter(isSimple)))
  }

  /** Of the number that the code calls `name`. */
  #number(name: 'v' | 'n', isInteger: boolean): string | undefined {
    const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = this.#schema
    // These keep NaN and the infinities out, too.
    const bounds: [string, unknown][] = [
      ['>=', minimum ?? -Number.MAX_VALUE],
      ['<=', maximum ?? Number.MAX_VALUE],
      ['>', exclusiveMinimum],
      ['<', exclusiveMaximum],
    ]
    const given = bounds.filter(([, bound]) => bound !== undefined)
    if (!given.every(([, bound]) => Number.isFinite(bound))) return undefined
    const conditions = given.map(([sign, bound]) => `${name}${sign}${this.#constants.add(bound)}`)
    if (isInteger || multipleOf !== undefined) conditions.unshift(`Number.isSafeInteger(${name})`)
    if (multipleOf !== undefined) {
      if (!Number.isSafeInteger(multipleOf) || (multipleOf as number) < 1) return undefined
      conditions.push(`${name}%${this.#constants.add(multipleOf)}===0`)
    }
    return conditions.join('&&')
  }

  #text(): string | undefined {
    const { minLength, maxLength, pattern, format } = this.#schema
    let [textMax, isPlain] = [textMaxMost, this.#members() !== undefined]
    const conditions: string[] = []
    for (const [sign, bound] of [
      ['>=', minLength],
      ['<=', maxLength],
    ]) {
      if (bound === undefined) continue
      if (!Number.isSafeInteger(bound)) return undefined
      conditions.push(`v.length${sign}${this.#constants.add(bound)}`)
    }
    if (pattern !== undefined) {
      const cheap = typeof pattern === 'string' ? cheapPattern(pattern) : undefined
      if (!cheap) return undefined
      textMax = Math.min(textMax, cheap.textMax)
      isPlain = cheap.isAscii
      conditions.push(`${this.#constants.add(cheap.compiled)}.test(v)`)
    }
    if (format !== undefined && this.#reading.formatAssertion) {
      const texts = typeof format === 'string' ? textsOfFormat(format) : undefined
      if (!texts) return undefined
      textMax = Math.min(textMax, texts.textMax)
      isPlain = true
      conditions.push(`${this.#constants.add(texts.pattern)}.test(v)`)
    }
    const short = isPlain ? `v.length<=${textMax}` : anyText(this.#constants, textMax)
    return [short, ...conditions].join('&&')
  }
}
