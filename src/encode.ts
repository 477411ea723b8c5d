import { types } from 'node:util'
import { SluiceError } from './errors.js'

const depthMax = 1_000
const kindOf = Object.prototype.toString
/** Kinds that `kindOf` knows by their prototype alone, which may be another. */
const hidden: readonly [name: string, is: (value: object) => boolean][] = Object.entries({
  ...{ Map: types.isMap, Set: types.isSet, WeakMap: types.isWeakMap, WeakSet: types.isWeakSet, Promise: types.isPromise },
  ...{ 'Map Iterator': types.isMapIterator, 'Set Iterator': types.isSetIterator, Generator: types.isGeneratorObject },
  ...{ ArrayBuffer: types.isAnyArrayBuffer, ArrayBufferView: ArrayBuffer.isView, External: types.isExternal },
})

/**
 * The JSON text of a record, without line feeds. Unlike JSON.stringify, it loses nothing in silence: a bigint keeps its digits, and a
 * value that JSON has no word for (NaN, an infinity, a function, a symbol, an invalid Date) throws. A property that is undefined is absent; a Date is
 * its ISO text. Other objects with a toJSON method are what that gives, and instances of classes their own enumerable properties, unless their
 * content is elsewhere: a Map or a URLSearchParams throws, and so does whatever else names itself by Symbol.toStringTag.
 *
 * Throws `input/record`.
 */
export function encodeRecord(value: unknown): string {
  return encode(value, undefined, 0)
}

/** Where a value is in its record; it becomes a pointer only when there is something to tell. */
interface Place {
  parent: Place | undefined
  name: string | number
}

function encode(value: unknown, place: Place | undefined, depth: number): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'number':
      if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value)
      throw unsayable(`the number ${value}`, place)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'bigint':
      return String(value)
    case 'object':
      return value === null ? 'null' : encodeObject(value, place, depth)
    default:
      throw unsayable(value === undefined ? 'undefined' : `a ${typeof value}`, place)
  }
}

function encodeObject(value: object, place: Place | undefined, depth: number): string {
  if (depth >= depthMax) throw new SluiceError('input/record', `A record is nested deeper than ${depthMax} levels, or in itself.`)
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') {
    const said = (value as { toJSON(): unknown }).toJSON()
    if (said === null && types.isDate(value) && Number.isNaN(Date.prototype.getTime.call(value))) throw unsayable('an invalid Date', place)
    return encode(said, place, depth + 1)
  }
  if (Array.isArray(value)) {
    const items = Array.from(value, (item, index) => encode(item, { parent: place, name: index }, depth + 1))
    return `[${items.join(',')}]`
  }
  const names = Object.keys(value)
  const isPlain = isPlainObject(value, names)
  if (!isPlain) refuseHidden(value, place)
  const flat = isPlain ? flatCopy(value, names) : undefined
  if (flat) return JSON.stringify(flat)
  let text = ''
  for (const name of names) {
    const member = (value as Record<string, unknown>)[name]
    if (member === undefined) continue
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${encode(member, { parent: place, name }, depth + 1)}`
  }
  return `{${text}}`
}

/** Whether all of its content is in its properties. Of an object without any, and without a prototype, nothing but its kind tells. */
function isPlainObject(value: object, names: readonly string[]): boolean {
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || (prototype === null && names.length > 0)
}

/** Throws for an object whose content is not in its properties, of which JSON.stringify would make something else. */
function refuseHidden(value: object, place: Place | undefined): void {
  // Objects of the language, of the Web and of Node have a name of their own here, and nearly no others have.
  const kind = kindOf.call(value).slice('[object '.length, -1)
  const name = kind === 'Object' ? hidden.find(([, is]) => is(value))?.[0] : kind
  if (name !== undefined) throw unsayable(`an object of the kind ${name}`, place)
}

/**
 * A copy of an object with no members but those that JSON.stringify, which is several times as fast as going member by member, writes as
 * we would; undefined for any other. It is a copy because a getter need not give the same value twice.
 */
function flatCopy(value: object, names: readonly string[]): object | undefined {
  const copy: Record<string, unknown> = {}
  for (const name of names) {
    const member = (value as Record<string, unknown>)[name]
    switch (typeof member) {
      case 'string':
      case 'boolean':
      case 'undefined':
        break
      case 'number':
        if (!Number.isFinite(member) || Object.is(member, -0)) return undefined
        break
      default:
        if (member !== null) return undefined
    }
    // Setting this one would set the copy's prototype.
    if (name === '__proto__') return undefined
    copy[name] = member
  }
  return copy
}

function pointerTo(place: Place | undefined): string {
  return place ? `${pointerTo(place.parent)}/${String(place.name).replaceAll('~', '~0').replaceAll('/', '~1')}` : ''
}

function unsayable(what: string, place: Place | undefined): SluiceError {
  return new SluiceError(
    'input/record',
    `JSON has no word for ${what}, which stands at ${JSON.stringify(pointerTo(place))} of a record; change it before it is checked.`,
  )
}
