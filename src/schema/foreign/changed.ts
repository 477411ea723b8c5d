/**
 * Where a library's output differs from the record: a JSON pointer, or undefined where it does not. A field that is not in the output was
 * stripped, which changes no value that goes on.
 */
export function changedAt(record: unknown, output: unknown, pointer = ''): string | undefined {
  if (Object.is(record, output)) return undefined
  if (typeof record !== 'object' || typeof output !== 'object' || record === null || output === null) return pointer
  if (Array.isArray(record) !== Array.isArray(output)) return pointer
  if (Array.isArray(record) && record.length !== (output as unknown[]).length) return pointer
  if (!Array.isArray(record) && !isPlain(output)) return pointer
  for (const name of Object.keys(output)) {
    const place = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    const value = (output as Record<string, unknown>)[name]
    if (!Object.hasOwn(record, name)) {
      // An optional field that is told to be absent.
      if (value === undefined) continue
      return place
    }
    const changed = changedAt((record as Record<string, unknown>)[name], value, place)
    if (changed !== undefined) return changed
  }
  return undefined
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
