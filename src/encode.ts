import { types } from 'node:util'
import { SluiceError } from './errors.js'

const depthMax = 1_000
const hidden: ((value: object) => boolean)[] = [
  ...[types.isMap, types.isSet, types.isWeakMap, types.isWeakSet, types.isPromise, types.isRegExp, types.isNativeError],
  ...[types.isBoxedPrimitive, types.isAnyArrayBuffer, ArrayBuffer.isView],
]

/**
 * The JSON text of a record, without line feeds. Unlike JSON.stringify, it loses nothing in silence: a bigint keeps its digits, and a
 * value that JSON has no word for (NaN, an infinity, a function, a symbol) throws. A property that is undefined is absent; a Date is its
 * ISO text. Other objects with a toJSON method are what that gives.
 *
 * Throws `input/record`.
 */
export function encodeRecord(value: unknown): string {
  return encode(value, '', 0)
}

function encode(value: unknown, path: string, depth: number): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'number':
      if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value)
      throw unsayable(`the number ${value}`, path)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'bigint':
      return String(value)
    case 'object':
      return value === null ? 'null' : encodeObject(value, path, depth)
    default:
      throw unsayable(value === undefined ? 'undefined' : `a ${typeof value}`, path)
  }
}

function encodeObject(value: object, path: string, depth: number): string {
  if (depth >= depthMax) throw new SluiceError('input/record', `A record is nested deeper than ${depthMax} levels, or in itself.`)
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') {
    return encode((value as { toJSON(): unknown }).toJSON(), path, depth + 1)
  }
  if (Array.isArray(value)) {
    const items = Array.from(value, (item, index) => encode(item, `${path}/${index}`, depth + 1))
    return `[${items.join(',')}]`
  }
  if (hasHiddenContent(value)) throw unsayable(`a ${value.constructor.name}`, path)
  let text = ''
  for (const name of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[name]
    if (member === undefined) continue
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${encode(member, pointerTo(path, name), depth + 1)}`
  }
  return `{${text}}`
}

/** What JSON.stringify would turn into `{}`, or into something else: its content is not in its properties. */
function hasHiddenContent(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return false
  return hidden.some((is) => is(value))
}

function pointerTo(path: string, name: string): string {
  const isPlain = !name.includes('/') && !name.includes('~')
  return `${path}/${isPlain ? name : name.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

function unsayable(what: string, path: string): SluiceError {
  return new SluiceError(
    'input/record',
    `JSON has no word for ${what}, which stands at ${JSON.stringify(path)} of a record; change it before it is checked.`,
  )
}
