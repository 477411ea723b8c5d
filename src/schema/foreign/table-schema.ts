import { SluiceError } from '../../errors.js'
import { isPlainObject } from '../json-data.js'
import { draft202012, type ForeignKey, type JSONSchemaObject } from '../json-schema.js'
import { Schema } from '../schema.js'
import { patternOf, xmlSchema } from './pattern-dialect.js'

/** A Frictionless Table Schema (datapackage.org), as it was read from JSON. */
export interface TableSchema {
  readonly fields: readonly TableField[]
  readonly missingValues?: readonly (string | { readonly value: string })[]
  readonly [name: string]: unknown
}

/** A field of a Table Schema. */
export interface TableField {
  readonly name: string
  readonly type?: string
  readonly format?: string
  readonly constraints?: Readonly<Record<string, unknown>>
  readonly [name: string]: unknown
}

const annotations = [
  'title',
  'description',
  'example',
  'examples',
  'rdfType',
  'categories',
  'categoriesOrdered',
  '$schema',
  'name',
  'homepage',
]
const booleans = { trueValues: ['true', 'True', 'TRUE', '1'], falseValues: ['false', 'False', 'FALSE', '0'] }
const stringFormats: Readonly<Record<string, JSONSchemaObject>> = {
  default: {},
  email: { format: 'email' },
  uri: { format: 'uri' },
  uuid: { format: 'uuid' },
}
/** Types that are written in one way, by `format: default`. */
const oneWay: Readonly<Record<string, JSONSchemaObject>> = {
  integer: { type: 'integer' },
  number: { type: 'number' },
  any: {},
  date: { type: 'string', format: 'date' },
  datetime: { type: 'string', format: 'date-time' },
  time: { type: 'string', pattern: '^(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$' },
  year: { type: 'string', pattern: '^-?[0-9]{4}$' },
  yearmonth: { type: 'string', pattern: '^-?[0-9]{4}-(?:0[1-9]|1[0-2])$' },
}
const bounds: Readonly<Record<string, keyof JSONSchemaObject>> = {
  minimum: 'minimum',
  maximum: 'maximum',
  exclusiveMinimum: 'exclusiveMinimum',
  exclusiveMaximum: 'exclusiveMaximum',
}

/**
 * A Schema that asks of the records of a CSV what a Frictionless Table Schema asks of the rows of a table. Fields are found by name, and
 * columns that it does not name are not checked. The README lists what each type and constraint becomes.
 *
 * Throws `schema/lossy` for each thing that a record alone cannot be asked, or that cannot be said as exactly; `schema/invalid` for what is no
 * Table Schema, `schema/pattern` for a pattern that ECMA-262 cannot say.
 */
export function fromTableSchema(table: TableSchema): Schema {
  if (!isPlainObject(table) || !Array.isArray(table.fields))
    throw new SluiceError('schema/invalid', 'A Table Schema is an object with fields.')
  refuseOthers(table, ['fields', 'missingValues', 'primaryKey', 'uniqueKeys', 'foreignKeys', ...annotations], 'The Table Schema')
  const missing = missingOf(table.missingValues)
  const names = new Set<string>()
  const keys = keysOf(table)
  // As in SQL, no field of a primary key may be missing.
  const required: string[] = [...keys.primary]
  const properties = table.fields.map((field: TableField) => {
    if (!isPlainObject(field) || typeof field.name !== 'string')
      throw new SluiceError('schema/invalid', 'A field of a Table Schema has a name.')
    if (names.has(field.name))
      throw new SluiceError('schema/invalid', `The Table Schema has the field ${JSON.stringify(field.name)} twice.`)
    names.add(field.name)
    if (field.constraints?.required === true && !required.includes(field.name)) required.push(field.name)
    const tokens = field.missingValues === undefined ? missing : missingOf(field.missingValues)
    return [field.name, { ...fieldOf(field), ...(tokens && { 'x-missing': tokens }) }]
  })
  const foreignKeys = foreignKeysOf(table)
  refuseUnsure(table, [...keys.unique, ...foreignKeys.map(({ fields }) => [fields].flat() as string[])])
  return new Schema({
    $schema: draft202012,
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(required.length > 0 && { required }),
    ...(foreignKeys.length > 0 && { 'x-foreignKeys': foreignKeys }),
    ...(keys.unique.length > 0 && { 'x-unique': keys.unique.map((names) => (names.length === 1 ? (names[0] as string) : names)) }),
  })
}

/** The keys of a table, each once: those of fields with the constraint `unique`, `primaryKey` and `uniqueKeys`. */
function keysOf({ fields, primaryKey, uniqueKeys }: TableSchema): { primary: string[]; unique: string[][] } {
  const primary = primaryKey === undefined ? [] : namesOf([primaryKey].flat(), 'primaryKey', fields)
  if (uniqueKeys !== undefined && !(Array.isArray(uniqueKeys) && uniqueKeys.every(Array.isArray)))
    throw new SluiceError('schema/invalid', 'uniqueKeys of a Table Schema is a list of lists of names.')
  const listed = ((uniqueKeys ?? []) as unknown[][]).map((names) => namesOf(names, 'uniqueKeys', fields))
  const own = fields.filter((field) => field?.constraints?.unique === true).map(({ name }) => [name])
  const all = [...own, ...(primary.length > 0 ? [primary] : []), ...listed]
  const isSame = (one: string[], other: string[]) => one.length === other.length && one.every((name) => other.includes(name))
  return { primary, unique: all.filter((key, at) => all.findIndex((other) => isSame(key, other)) === at) }
}

function foreignKeysOf({ fields, foreignKeys = [] }: TableSchema): ForeignKey[] {
  const isNames = (names: unknown) => typeof names === 'string' || (Array.isArray(names) && names.every((name) => typeof name === 'string'))
  if (!Array.isArray(foreignKeys)) throw new SluiceError('schema/invalid', 'foreignKeys of a Table Schema is a list.')
  return foreignKeys.map((key) => {
    if (!isPlainObject(key) || !isNames(key.fields) || !isPlainObject(key.reference) || !isNames(key.reference.fields))
      throw new SluiceError('schema/invalid', 'A foreign key of a Table Schema has fields, and a reference with a resource and fields.')
    refuseOthers(key, ['fields', 'reference'], 'A foreign key of the Table Schema')
    const { resource, fields: referenced, ...others } = key.reference
    refuseOthers(others, [], 'The reference of a foreign key of the Table Schema')
    // Without a resource, and with an empty one, a table refers to itself.
    if (typeof resource !== 'string' || resource === '') throw lossy('The Table Schema', 'a foreign key that refers to the table itself')
    namesOf([key.fields].flat(), 'foreignKeys', fields)
    return { fields: key.fields, reference: { resource, fields: referenced } } as ForeignKey
  })
}

function namesOf(names: readonly unknown[], what: string, fields: readonly TableField[]): string[] {
  const known = new Set(fields.map((field) => field?.name))
  if (names.length > 0 && new Set(names).size === names.length && names.every((name) => known.has(name as string))) return names as string[]
  throw new SluiceError('schema/invalid', `${what} of the Table Schema names what is no field of it, or one field twice.`)
}

/** Keys are compared by what a cell says: of types that say one thing in several ways, two equal values could pass for different ones. */
function refuseUnsure({ fields }: TableSchema, keys: readonly string[][]): void {
  const isKey = new Set(keys.flat())
  const unsure = fields.find(({ name, type, ...field }) => {
    const saysOneInManyWays = type === 'datetime' || (type === 'boolean' && booleanOf({ name, type, ...field })?.type !== 'boolean')
    return saysOneInManyWays && isKey.has(name)
  })
  if (unsure)
    throw lossy(
      `The field ${JSON.stringify(unsure.name)} of the Table Schema`,
      `the type ${unsure.type}, of which one value can be written in several ways, in a key`,
    )
}

function fieldOf(field: TableField): JSONSchemaObject {
  const { type = 'any', format = 'default', constraints = {} } = field
  const what = `The field ${JSON.stringify(field.name)} of the Table Schema`
  if (!isPlainObject(constraints))
    throw new SluiceError('schema/invalid', `${what} has constraints that are no object; correct them, or leave them out.`)
  const names = ['name', 'type', 'format', 'constraints', 'missingValues', ...annotations]
  refuseOthers(field, type === 'boolean' ? [...names, 'trueValues', 'falseValues'] : names, what)
  const known = type === 'string' ? own(stringFormats, format) : format === 'default' ? own(oneWay, type) : undefined
  const base = type === 'boolean' ? booleanOf(field) : known
  if (!base) throw lossy(what, `the type ${type} with the format ${format}`)
  const start: JSONSchemaObject = type === 'string' ? { type: 'string', ...base } : base
  const rules: JSONSchemaObject[] = Object.entries(constraints).flatMap(([name, value]) => constraintOf(name, value, type, what))
  const merged: Record<string, unknown> = { ...start }
  const further: JSONSchemaObject[] = []
  for (const rule of rules) {
    const taken = Object.keys(rule).some((keyword) => keyword in merged)
    if (taken) further.push(rule)
    else Object.assign(merged, rule)
  }
  return further.length > 0 ? { ...merged, allOf: further } : merged
}

/** `true` and `false` are booleans; other words for them stay texts, which are one of those words. */
function booleanOf(field: TableField): JSONSchemaObject | undefined {
  const { trueValues, falseValues } = { ...booleans, ...field } as { trueValues: string[]; falseValues: string[] }
  if ((field.format ?? 'default') !== 'default') return undefined
  const isPlain = trueValues.length === 1 && falseValues.length === 1 && trueValues[0] === 'true' && falseValues[0] === 'false'
  return isPlain ? { type: 'boolean' } : { type: 'string', enum: [...trueValues, ...falseValues] }
}

function constraintOf(name: string, value: unknown, type: string, what: string): JSONSchemaObject[] {
  const isNumber = type === 'integer' || type === 'number'
  const isText = type === 'string'
  const bound = own(bounds, name)
  if (name === 'required' || (name === 'unique' && typeof value === 'boolean')) return []
  if (bound && isNumber && typeof value === 'number') return [{ [bound]: value }]
  if ((name === 'minLength' || name === 'maxLength') && isText) return [{ [name]: value as number }]
  if (name === 'pattern' && isText && typeof value === 'string') return [{ pattern: patternOf(value, xmlSchema) }]
  if (name === 'enum' && Array.isArray(value) && value.every((each) => typeof each === (isNumber ? 'number' : isText ? 'string' : '')))
    return [{ enum: value }]
  throw lossy(what, `the constraint ${name}${name === 'unique' ? '' : ` for the type ${type}`}`)
}

function missingOf(values: unknown): string[] | undefined {
  if (values === undefined) return undefined
  const tokens = Array.isArray(values) ? values.map((each) => (isPlainObject(each) ? each.value : each)) : [undefined]
  if (tokens.every((token) => typeof token === 'string')) return [...new Set(tokens as string[])]
  throw new SluiceError('schema/invalid', 'missingValues of a Table Schema is a list of texts.')
}

/** A name that every object has, such as `constructor`, is none of a table's. */
function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}

function refuseOthers(given: object, known: readonly string[], what: string): void {
  const other = Object.keys(given).find((name) => !known.includes(name))
  if (other !== undefined) throw lossy(what, other)
}

function lossy(what: string, has: string): SluiceError {
  return new SluiceError('schema/lossy', `${what} has ${has}, which is not enforced; take it out, and see to it by other means.`)
}
