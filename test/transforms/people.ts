import { field, schema } from 'sluice'

/** A small schema for the tests of streams: what it says matters less than that some records break it. */
export const person = schema({ id: field.integer(), name: field.string().minLength(1), age: field.integer().min(18).optional() })

export const header = 'id,name,age\n'

/** One CSV record; every tenth has an age below 18. */
export function line(id: number): string {
  return `${id},name ${id},${isValid(id) ? 40 : 7}\n`
}

export function isValid(id: number): boolean {
  return id % 10 !== 3
}

/** The records from `first` to `last`, with neither header nor gap. */
export function lines(first: number, last: number): string {
  let text = ''
  for (let id = first; id <= last; id += 1) text += line(id)
  return text
}

/** Those of them that are valid, or those that are not. */
export function linesThat(areValid: boolean, first: number, last: number): string {
  let text = ''
  for (let id = first; id <= last; id += 1) if (isValid(id) === areValid) text += line(id)
  return text
}

export function object(id: number): { id: number; name: string; age: number } {
  return { id, name: `name ${id}`, age: isValid(id) ? 40 : 7 }
}
