import type { NativePlan } from '../../native.js'
import { anyText, Constants, fieldGlance, type Reading } from './field-glance.js'

/** True only where Rust would surely find nothing wrong with the record, false where that is not known. For the records of one stream. */
export type Glance = (record: unknown) => boolean

/** What a glance depends on beside the schema. */
export interface GlanceOptions extends Reading {
  readonly recordBytesMax: number
}

/** A field that the schema names. */
interface Field {
  readonly name: string
  readonly isRequired: boolean
}

type Test = (value: unknown) => boolean

/** A glance at records whose keys come in one order; undefined for other records. */
type Shape = (record: Record<string, unknown>) => boolean | undefined

/** What all streams of a schema share. */
interface Compiled {
  readonly fields: readonly Field[]
  readonly requiredCount: number
  /** Of each field, and at last of all that the schema does not name. */
  readonly tests: readonly Test[]
  /** Places in `fields`, by name. */
  readonly places: ReadonlyMap<string, number>
  /** By the keys. */
  readonly shapes: Map<string, Shape>
}

const rootKeywords = new Set([
  ...['$schema', '$id', '$comment', 'title', 'description', 'default', 'examples'],
  ...['type', 'properties', 'required', 'additionalProperties'],
])
const keysMax = 256
const nameLengthMax = 100
/** Units in all texts of a record that passes, so that a thousand of them that wait take little memory. */
const textsMax = 4_096
/** How a unit of text stands in JSON at most: \uXXXX. */
const bytesOfUnitMax = 6
/** Quotes, a colon and a comma, and a number. */
const bytesOfFieldMax = 32
/** No record that passes is larger as JSON. */
const recordBytesMost = bytesOfUnitMax * textsMax + keysMax * (bytesOfUnitMax * nameLengthMax + bytesOfFieldMax)
const nameOfText = /^[^\ud800-\udfff]*$/

const compiled = new WeakMap<NativePlan, Map<string, Compiled | undefined>>()

/**
 * A glance for records of the schema with the JSON text `schema`, which `plan` is compiled from. Undefined where there can be none: the schema has
 * a keyword that is not understood here, or this process may not generate code.
 */
export function glanceOf(plan: NativePlan, schema: string, options: GlanceOptions): Glance | undefined {
  const known = compiled.get(plan) ?? new Map<string, Compiled | undefined>()
  compiled.set(plan, known)
  const { cells, missing, formatAssertion, recordBytesMax } = options
  if (recordBytesMax < recordBytesMost) return undefined
  const key = JSON.stringify([cells, missing, formatAssertion])
  if (!known.has(key)) known.set(key, compile(schema, options))
  const found = known.get(key)
  return found && learning(found)
}

function compile(text: string, reading: Reading): Compiled | undefined {
  const schema = JSON.parse(text)
  // A number may have more digits than JavaScript keeps.
  if (JSON.stringify(schema) !== text || !mayGenerate()) return undefined
  const constants = new Constants()
  const known = fieldsOf(schema, reading, constants)
  if (!known) return undefined
  const { fields, bodies } = known
  const head = constants.values.map((_, at) => `const c${at}=c[${at}];`).join('')
  const tests: Test[] = new Function('c', `${head}return [${bodies.map((body) => `v=>{${body}}`).join(',')}]`)(constants.values)
  const requiredCount = fields.filter(({ isRequired }) => isRequired).length
  return { fields, requiredCount, tests, places: new Map(fields.map(({ name }, at) => [name, at])), shapes: new Map() }
}

/** Not everywhere: `--disallow-code-generation-from-strings`. */
function mayGenerate(): boolean {
  try {
    return new Function('return true')()
  } catch {
    return false
  }
}

/** What the schema says of each field, and the bodies of its functions; undefined where it says more than that. */
function fieldsOf(schema: unknown, reading: Reading, constants: Constants): { fields: Field[]; bodies: string[] } | undefined {
  if (typeof schema !== 'object' || schema === null || !Object.keys(schema).every((keyword) => rootKeywords.has(keyword))) return undefined
  const { type = 'object', properties = {}, required = [], additionalProperties = true } = schema as Record<string, unknown>
  if (type !== 'object' || typeof additionalProperties !== 'boolean' || !Array.isArray(required)) return undefined
  const entries = Object.entries(properties as Record<string, unknown>)
  const names = new Set(entries.map(([name]) => name))
  if (!entries.every(([name]) => isPlainName(name)) || !required.every((name) => names.has(name)) || names.size > keysMax) return undefined
  const fields = entries.map(([name]) => ({ name, isRequired: required.includes(name) }))
  const bodies = entries.map(([, field], at) => fieldGlance(field, fields[at]?.isRequired === true, reading, constants))
  // Of no record anything could be told.
  if (bodies.some((body, at) => body === undefined && fields[at]?.isRequired)) return undefined
  return { fields, bodies: [...bodies.map((body) => body ?? 'return false'), otherField(additionalProperties, reading, constants)] }
}

function otherField(isAllowed: boolean, { cells }: Reading, constants: Constants): string {
  if (!isAllowed) return 'return false'
  const text = `typeof v==="string"&&${anyText(constants)}`
  return cells ? `return ${text}` : `return ${text}||typeof v==="number"&&v-v===0||v===true||v===false||v===null`
}

/** A name that stands for itself, and whose length is bounded. */
function isPlainName(name: string): boolean {
  return name.length <= nameLengthMax && nameOfText.test(name) && name !== '__proto__' && name !== 'toJSON'
}

/** Records seen in vain before another order of keys is learnt, and how many one stream learns and a schema keeps. */
const learnAfter = 32
const learntMax = 8
const shapesMax = 64

/** A glance that learns the order in which the keys of a stream's records come, for which there is code; other records take a longer way. */
function learning(compiled: Compiled): Glance {
  let shape: Shape = () => undefined
  let [missed, learnt] = [learnAfter, 0]
  const anyOrder = (record: Record<string, unknown>): boolean => {
    const keys = Object.keys(record)
    // Without keys it may be a Map that has lost its prototype.
    if (keys.length === 0 || keys.length > keysMax) return false
    if (missed++ >= learnAfter && learnt < learntMax && keys.every(isPlainName)) {
      ;[missed, learnt] = [0, learnt + 1]
      shape = shapeOf(keys, compiled)
    }
    return passes(record, keys, compiled)
  }
  return (record) => {
    if (typeof record !== 'object' || record === null || Array.isArray(record)) return false
    const prototype = Object.getPrototypeOf(record)
    if (prototype !== Object.prototype && prototype !== null) return false
    // JSON would be made of something else.
    if ((record as { toJSON?: unknown }).toJSON !== undefined) return false
    return shape(record as Record<string, unknown>) ?? anyOrder(record as Record<string, unknown>)
  }
}

function passes(record: Record<string, unknown>, keys: readonly string[], { fields, tests, places, requiredCount }: Compiled): boolean {
  let [needed, units] = [0, 0]
  for (const key of keys) {
    const value = record[key]
    if (value === undefined) continue
    const at = places.get(key) ?? fields.length
    if ((at === fields.length && !isPlainName(key)) || !tests[at]?.(value)) return false
    if (fields[at]?.isRequired) needed += 1
    if (typeof value === 'string') units += value.length
  }
  return needed === requiredCount && units <= textsMax
}

/** The code for records with these keys, in this order. Each value is read once, as by the encoder: a getter need not give the same value twice. */
function shapeOf(keys: readonly string[], { fields, tests, places, shapes }: Compiled): Shape {
  const known = shapes.get(JSON.stringify(keys))
  if (known) return known
  if (fields.some(({ name, isRequired }) => isRequired && !keys.includes(name))) return () => undefined
  const head = tests.map((_, at) => `const t${at}=t[${at}];`).join('')
  const order = keys.map((key, at) => `||k[${at}]!==${JSON.stringify(key)}`).join('')
  const steps = keys.map((key) => {
    const at = places.get(key) ?? fields.length
    const ifAbsent = fields[at]?.isRequired ? 'return false' : ''
    return `v=r[${JSON.stringify(key)}];if(v===undefined){${ifAbsent}}else if(!t${at}(v))return false;else if(typeof v==="string")n+=v.length;`
  })
  const body = `const k=Object.keys(r);if(k.length!==${keys.length}${order})return undefined;let v,n=0;${steps.join('')}return n<=${textsMax}`
  const shape: Shape = new Function('t', `${head}return r=>{${body}}`)(tests)
  if (shapes.size < shapesMax) shapes.set(JSON.stringify(keys), shape)
  return shape
}
