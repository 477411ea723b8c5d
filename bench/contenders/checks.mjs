import ajvPackage from 'ajv/dist/2020.js'
import formatsPackage from 'ajv-formats'
import { z } from 'zod'

/**
 * @typedef {{ field: string, keyword: string, value: unknown }} Fault
 * @typedef {(record: any) => Fault[] | undefined} Check what is wrong with a record; undefined when nothing is
 */

/** All that is wrong, as Sluice tells it too. @param {Record<string, any>} schema @returns {Check} */
export function ajvCheck(schema) {
  const ajv = new ajvPackage.Ajv2020({ allErrors: true, verbose: true, strict: false })
  formatsPackage.default(ajv)
  const check = ajv.compile(schema)
  return (record) => {
    if (check(record)) return undefined
    return (check.errors ?? []).map(({ instancePath, keyword, data }) => ({ field: instancePath.slice(1), keyword, value: data }))
  }
}

/** @param {Record<string, any>} schema @returns {Check} */
export function zodCheck(schema) {
  const required = new Set(schema.required ?? [])
  const shape = Object.entries(schema.properties).map(([name, rules]) => [
    name,
    required.has(name) ? zodField(rules) : zodField(rules).optional(),
  ])
  const record = z.object(Object.fromEntries(shape))
  return (value) => {
    const outcome = record.safeParse(value)
    if (outcome.success) return undefined
    return outcome.error.issues.map(({ path, code }) => ({ field: String(path[0]), keyword: code, value: value[path[0]] }))
  }
}

/** @param {Record<string, any>} rules */
function zodField(rules) {
  if (rules.enum) return z.enum(rules.enum)
  if (rules.format === 'date-time') return z.iso.datetime({ offset: true })
  if (rules.format === 'email') return z.email()
  if (rules.type === 'string') {
    let text = z.string()
    if (rules.pattern) text = text.regex(new RegExp(rules.pattern, 'u'))
    if (rules.minLength !== undefined) text = text.min(rules.minLength)
    if (rules.maxLength !== undefined) text = text.max(rules.maxLength)
    return text
  }
  let value = rules.type === 'integer' ? z.int() : z.number()
  if (rules.minimum !== undefined) value = value.min(rules.minimum)
  if (rules.maximum !== undefined) value = value.max(rules.maximum)
  return value
}
