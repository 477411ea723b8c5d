import { SluiceError } from '../../errors.js'
import { isPlainObject } from '../json-data.js'
import { draft202012, type JSONSchemaObject, type TypeName } from '../json-schema.js'
import { Schema } from '../schema.js'
import { patternOf, python } from './pattern-dialect.js'
import { columnsOf, missingOf, WholeTable, wholeHandles } from './stream-expectations.js'

/** A suite of Great Expectations, as it was read from JSON; of GX 1 (`type`) or before (`expectation_type`). */
export interface ExpectationSuite {
  readonly expectations: readonly Expectation[]
  readonly [name: string]: unknown
}

export interface Expectation {
  readonly type?: string
  readonly expectation_type?: string
  readonly kwargs: Readonly<Record<string, unknown>>
  readonly [name: string]: unknown
}

/** What the expectations of one column ask. */
interface Column {
  readonly types: TypeName[][]
  readonly rules: JSONSchemaObject[]
  isNotNull: boolean
  isThere: boolean
  /** What is only warned of, each by itself. */
  readonly warned: Column[]
}

type Kwargs = Readonly<Record<string, unknown>>
type Handle = (column: Column, kwargs: Kwargs, refuse: (what: string) => never) => void

const flags = ['strictly', 'strict_min', 'strict_max']
const harmless = ['column', 'mostly', 'result_format', 'include_config', 'catch_exceptions', 'batch_id']
const typeNames: Readonly<Record<'integer' | 'number' | 'string' | 'boolean', readonly string[]>> = {
  integer: [
    'int',
    'int8',
    'int16',
    'int32',
    'int64',
    'uint8',
    'uint16',
    'uint32',
    'uint64',
    'integer',
    'bigint',
    'smallint',
    'integertype',
    'longtype',
  ],
  number: ['float', 'float16', 'float32', 'float64', 'double', 'double_precision', 'real', 'floattype', 'doubletype'],
  string: ['str', 'string', 'text', 'varchar', 'char', 'stringtype'],
  boolean: ['bool', 'boolean', 'booleantype'],
}

const handles: Readonly<Record<string, [kwargs: readonly string[], handle: Handle]>> = {
  expect_column_to_exist: [['column_index'], existing],
  expect_column_values_to_not_be_null: [[], (column) => void (column.isNotNull = true)],
  expect_column_values_to_be_in_set: [
    ['value_set'],
    (column, { value_set }, refuse) => void column.rules.push({ enum: scalars(value_set, refuse) }),
  ],
  expect_column_values_to_not_be_in_set: [['value_set'], notInSet],
  expect_column_values_to_match_regex: [['regex'], (column, { regex }, refuse) => text(column, { pattern: regexOf(regex, refuse) })],
  expect_column_values_to_not_match_regex: [
    ['regex'],
    (column, { regex }, refuse) => text(column, { not: { type: 'string', pattern: regexOf(regex, refuse) } }),
  ],
  expect_column_value_lengths_to_be_between: [['min_value', 'max_value', 'strict_min', 'strict_max'], lengths],
  expect_column_value_lengths_to_equal: [
    ['value'],
    (column, { value }) => text(column, { minLength: value as number, maxLength: value as number }),
  ],
  expect_column_values_to_be_between: [['min_value', 'max_value', 'strict_min', 'strict_max'], between],
  expect_column_values_to_be_of_type: [['type_'], (column, { type_ }, refuse) => void column.types.push([typeOf(type_, refuse)])],
  expect_column_values_to_be_in_type_list: [
    ['type_list'],
    (column, { type_list }, refuse) => {
      if (!Array.isArray(type_list) || type_list.length === 0) refuse('no type_list')
      column.types.push((type_list as unknown[]).map((name) => typeOf(name, refuse)))
    },
  ],
}

/**
 * A Schema that asks of each record what a suite of Great Expectations asks of the values of each column. As there, a null (a missing cell)
 * is asked nothing but not to be null. The README lists what each expectation becomes.
 *
 * What has the severity `warning` or `info` is warned of (`x-severity`), by the violation `anyOf`.
 *
 * Throws `schema/lossy`, by name, for `mostly` below 1, and for all else that is not enforced;
 * `schema/pattern` for a regular expression that ECMA-262 cannot say; `schema/invalid` for what is no suite.
 */
export function fromExpectations(suite: ExpectationSuite): Schema {
  if (!isPlainObject(suite) || !Array.isArray(suite.expectations))
    throw new SluiceError('schema/invalid', 'A suite is an object with expectations.')
  const columns = new Map<string, Column>()
  const table = new WholeTable()
  for (const expectation of suite.expectations as Expectation[]) take(expectation, columns, table)
  const entries = [...columns].map(([name, column]) => [name, propertyOf(name, column)] as const)
  const required = [...columns].filter(([, { isNotNull, isThere }]) => isNotNull || isThere).map(([name]) => name)
  const warned = [...columns].filter(([, column]) => column.warned.some(({ isNotNull }) => isNotNull)).map(([name]) => name)
  return new Schema({
    $schema: draft202012,
    type: 'object',
    properties: Object.fromEntries(entries),
    ...(required.length > 0 && { required }),
    ...(warned.length > 0 && { allOf: [{ required: warned, 'x-severity': { required: 'warning' } }] }),
    ...table.keywords((name) => columns.get(name)?.isNotNull ?? false),
  })
}

function newColumn(): Column {
  return { types: [], rules: [], isNotNull: false, isThere: false, warned: [] }
}

function take(expectation: Expectation, columns: Map<string, Column>, table: WholeTable): void {
  const name = expectation?.type ?? expectation?.expectation_type
  if (typeof name !== 'string' || !isPlainObject(expectation.kwargs))
    throw new SluiceError('schema/invalid', 'An expectation has a type and kwargs.')
  const { kwargs } = expectation
  const refuse = (what: string): never => {
    throw new SluiceError('schema/lossy', `${name} has ${what}, which is not enforced; take it out, and see to it by other means.`)
  }
  const known = Object.hasOwn(handles, name) ? handles[name] : undefined
  const whole = Object.hasOwn(wholeHandles, name) ? wholeHandles[name] : undefined
  const own = (known ?? whole)?.[0]
  if (!own) throw new SluiceError('schema/lossy', `${name} is not enforced; take it out, and see to it by other means.`)
  const named = columnsOf(kwargs.column ?? kwargs.column_list ?? [])
  if (named.length === 0 && !name.startsWith('expect_table_')) throw new SluiceError('schema/invalid', `${name} names no column.`)
  const isMostly = kwargs.mostly !== undefined && kwargs.mostly !== null && kwargs.mostly !== 1
  const missing = isMostly && name === 'expect_column_values_to_not_be_null' ? missingOf(kwargs.mostly) : undefined
  if (isMostly && missing === undefined) refuse(`mostly ${String(kwargs.mostly)}`)
  const { severity = 'critical' } = expectation
  const isWarned = severity === 'warning' || severity === 'info'
  // A column that is not there stops the stream, whatever anyone says; and rules over the whole stream only refuse.
  const cannotWarn = name === 'expect_column_to_exist' || whole !== undefined || missing !== undefined
  if ((severity !== 'critical' && !isWarned) || (isWarned && cannotWarn)) refuse(`severity ${String(severity)}`)
  const other = Object.entries(kwargs).find(([key, value]) => ![...harmless, ...own].includes(key) && value !== null && value !== false)
  if (other) refuse(other[0])
  // Taken by its truth, a text would ask for more or for less than whoever wrote it meant.
  const unclear = flags.find((flag) => typeof (kwargs[flag] ?? false) !== 'boolean')
  if (unclear !== undefined) refuse(`${unclear} ${JSON.stringify(kwargs[unclear])}, which is neither true nor false`)
  for (const each of named) if (!columns.has(each)) columns.set(each, newColumn())
  const column = columns.get(kwargs.column as string)
  const asked = isWarned ? newColumn() : column
  if (isWarned) column?.warned.push(asked as Column)
  if (missing !== undefined) table.addMissing(kwargs.column as string, missing, refuse)
  else known?.[1](asked as Column, kwargs, refuse)
  whole?.[1](table, kwargs, refuse)
  // Great Expectations has an order for numbers alone, and the text of a cell would have another.
  if (/_(?:in|de)creasing$/.test(name)) column?.types.push(['number'])
}

function propertyOf(name: string, column: Column): JSONSchemaObject {
  const { warned } = column
  const property = refusingOf(name, column)
  if (warned.length === 0) return property
  // Cells are read by all of the types that are asked for.
  sharedTypes(name, [...column.types, ...warned.flatMap(({ types }) => types)])
  const warnings = warned.map((each) => ({ anyOf: [refusingOf(name, each)], 'x-severity': { anyOf: 'warning' } as const }))
  return { ...property, allOf: [...(property.allOf ?? []), ...warnings] }
}

function refusingOf(name: string, { types, rules, isNotNull, isThere }: Column): JSONSchemaObject {
  const shared = sharedTypes(name, types)
  // Without a type that is asked for, a column may hold anything; only where it must be there has a missing cell to be a null.
  const type = shared ?? (isThere && !isNotNull ? (['string', 'number', 'boolean', 'object', 'array'] as TypeName[]) : undefined)
  if (rules.some(comparesNumbers) && shared && !shared.some((each) => each === 'number' || each === 'integer'))
    throw new SluiceError(
      'schema/lossy',
      `The column ${JSON.stringify(name)} is asked for numbers, and for the types ${shared.join(', ')}.`,
    )
  const merged: Record<string, unknown> = type ? { type: isNotNull ? type : [...type, 'null'] } : isNotNull ? { not: { type: 'null' } } : {}
  const further: JSONSchemaObject[] = []
  for (const rule of rules) {
    const own = rule.enum && !isNotNull ? { enum: [...rule.enum, null] } : rule
    if (Object.keys(own).some((keyword) => keyword in merged)) further.push(own)
    else Object.assign(merged, own)
  }
  return further.length > 0 ? { ...merged, allOf: further } : merged
}

/** The types that all of the lists allow. */
function sharedTypes(name: string, lists: readonly TypeName[][]): TypeName[] | undefined {
  if (lists.length === 0) return undefined
  const has = (list: readonly TypeName[], type: TypeName) => list.includes(type) || (type === 'integer' && list.includes('number'))
  const all = [...new Set(lists.flat())].filter((type) => lists.every((list) => has(list, type)))
  const types = all.includes('number') ? all.filter((type) => type !== 'integer') : all
  if (types.length > 0) return types
  throw new SluiceError('schema/lossy', `The column ${JSON.stringify(name)} is asked for types that no value has at once.`)
}

function comparesNumbers(rule: JSONSchemaObject): boolean {
  return [...(rule.enum ?? []), ...(typeof rule.not === 'object' ? (rule.not.enum ?? []) : [])].some((value) => typeof value === 'number')
}

function existing(column: Column, { column_index }: Kwargs, refuse: (what: string) => never): void {
  if (column_index !== undefined && column_index !== null) refuse('column_index')
  column.isThere = true
}

function text(column: Column, rule: JSONSchemaObject): void {
  column.types.push(['string'])
  column.rules.push(rule)
}

function notInSet(column: Column, { value_set }: Kwargs, refuse: (what: string) => never): void {
  const values = scalars(value_set, refuse)
  // What the text of a cell is compared with has to be known: a number is no text.
  const kinds = new Set(values.map((value) => typeof value))
  if (kinds.size !== 1) refuse('values of several types')
  column.types.push([kinds.has('string') ? 'string' : kinds.has('number') ? 'number' : 'boolean'])
  column.rules.push({ not: { enum: values } })
}

function scalars(values: unknown, refuse: (what: string) => never): unknown[] {
  const isScalar = (value: unknown) => ['string', 'number', 'boolean'].includes(typeof value)
  if (Array.isArray(values) && values.length > 0 && values.every(isScalar)) return [...new Set(values)]
  return refuse('a value_set that is no list of texts, numbers or booleans')
}

function regexOf(regex: unknown, refuse: (what: string) => never): string {
  return typeof regex === 'string' ? patternOf(regex, python) : refuse('no regex')
}

function lengths(column: Column, kwargs: Kwargs, refuse: (what: string) => never): void {
  const { min_value, max_value, strict_min, strict_max } = kwargs
  const least = bound(min_value, refuse)
  const most = bound(max_value, refuse)
  text(column, {
    ...(least !== undefined && { minLength: Math.max(0, strict_min ? Math.floor(least) + 1 : Math.ceil(least)) }),
    ...(most !== undefined && { maxLength: strict_max ? Math.ceil(most) - 1 : Math.floor(most) }),
  })
}

function between(column: Column, kwargs: Kwargs, refuse: (what: string) => never): void {
  const { min_value, max_value, strict_min, strict_max } = kwargs
  const least = bound(min_value, refuse)
  const most = bound(max_value, refuse)
  column.types.push(['number'])
  column.rules.push({
    ...(least !== undefined && { [strict_min ? 'exclusiveMinimum' : 'minimum']: least }),
    ...(most !== undefined && { [strict_max ? 'exclusiveMaximum' : 'maximum']: most }),
  })
}

function bound(value: unknown, refuse: (what: string) => never): number | undefined {
  if (value === undefined || value === null) return undefined
  return typeof value === 'number' && Number.isFinite(value) ? value : refuse(`the bound ${JSON.stringify(value)}, which is no number`)
}

function typeOf(name: unknown, refuse: (what: string) => never): TypeName {
  const found = Object.entries(typeNames).find(([, names]) => names.includes(String(name).toLowerCase()))
  return found ? (found[0] as TypeName) : refuse(`the type ${String(name)}`)
}
