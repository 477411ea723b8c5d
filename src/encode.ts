import { SluiceError } from './errors.js'

const depthMax = 1_000

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
  if (value instanceof Map || value instanceof Set || ArrayBuffer.isView(value)) throw unsayable(`a ${value.constructor.name}`, path)
  let text = ''
  for (const name of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[name]
    if (member === undefined) continue
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${encode(member, `${path}/${name}`, depth + 1)}`
  }
  return `{${text}}`
}

function unsayable(what: string, path: string): SluiceError {
  return new SluiceError(
    'input/record',
    `JSON has no word for ${what}, which stands at ${JSON.stringify(path)} of a record; change it before it is checked.`,
  )
}
