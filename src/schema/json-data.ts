import { type ErrorCode, SluiceError } from '../errors.js'

// Deeper data than this is a mistake or an attack; the copy below is recursive and must not exhaust the stack.
const depthMax = 500

const loneSurrogate = /\p{Surrogate}/u

/** True for text that UTF-8 can hold: no half of a surrogate pair stands alone. */
export function isWellFormed(text: string): boolean {
  return !loneSurrogate.test(text)
}

/**
 * True for an object made by a literal, by JSON.parse or with no prototype, of any realm; false for instances of classes and for arrays.
 */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/**
 * A deep copy of JSON data, frozen. What JSON has no word for is refused with its place, where JSON.stringify would drop or change it:
 * `undefined`, functions, bigint, NaN, instances of classes, cycles. Keys that are symbols are no part of the data.
 *
 * @param what Names the data in messages, such as `The schema`.
 * @param rewrite Gives what is copied in place of an object.
 * @throws SluiceError with the given code; `schema/too-large` for data nested more than 500 deep.
 */
export function frozenJson<T>(value: T, code: ErrorCode, what: string, rewrite: Rewrite = (object) => object): T {
  return copied(value, { code, what, rewrite, ancestors: new Set() }, undefined) as T
}

/** Where a value is; it becomes a pointer only when there is something to tell. */
interface Place {
  readonly parent: Place | undefined
  readonly name: string | number
}

type Rewrite = (object: Record<string, unknown>) => Record<string, unknown>

interface Copying {
  readonly code: ErrorCode
  readonly what: string
  readonly rewrite: Rewrite
  readonly ancestors: Set<object>
}

function copied(value: unknown, copying: Copying, place: Place | undefined): unknown {
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'string') {
    if (!isWellFormed(value)) throw refusal(copying, place, 'text with half of a surrogate pair')
    return value
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw refusal(copying, place, String(value))
    // JSON.stringify writes -0 as 0; saying so here keeps the copy equal to what is written.
    return value + 0
  }
  if (Array.isArray(value) || isPlainObject(value)) return copiedContainer(value, copying, place)
  throw refusal(copying, place, typeof value === 'object' ? 'an instance of a class' : `a value of type ${typeof value}`)
}

function copiedContainer(value: unknown[] | Record<string, unknown>, copying: Copying, place: Place | undefined): unknown {
  const { ancestors, rewrite } = copying
  if (ancestors.has(value)) throw refusal(copying, place, 'a cycle')
  if (ancestors.size >= depthMax) throw new SluiceError('schema/too-large', `${copying.what} is nested more than ${depthMax} deep.`)
  ancestors.add(value)
  // Array.from visits holes too, which are then refused as undefined. Object.fromEntries makes `__proto__` a key like any other.
  const copy = Array.isArray(value)
    ? Array.from(value, (item, index) => copied(item, copying, { parent: place, name: index }))
    : Object.fromEntries(
        Object.entries(rewrite(value)).map(([key, item]) => [
          copied(key, copying, place),
          copied(item, copying, { parent: place, name: key }),
        ]),
      )
  ancestors.delete(value)
  return Object.freeze(copy)
}

function pointerTo(place: Place | undefined): string {
  const names: string[] = []
  for (let at = place; at; at = at.parent) names.unshift(String(at.name).replaceAll('~', '~0').replaceAll('/', '~1'))
  return names.map((name) => `/${name}`).join('')
}

function refusal({ code, what }: Copying, place: Place | undefined, found: string): SluiceError {
  const pointer = pointerTo(place)
  return new SluiceError(code, `${what} must be JSON data, but has ${found}${pointer === '' ? '' : ` at ${pointer}`}.`)
}
