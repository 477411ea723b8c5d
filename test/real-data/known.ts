import { readFileSync } from 'node:fs'
import type { JSONSchema, Report } from 'sluice'

const root = new URL('../../../', import.meta.url)

export function schemaOf(name: 'zipcodes' | 'movies' | 'titanic' | 'flights'): JSONSchema {
  const path = name === 'zipcodes' ? 'zipcodes.schema.json' : `test/real-data/${name}.schema.json`
  return JSON.parse(readFileSync(new URL(path, root), 'utf8'))
}

export function vegaPath(name: string): URL {
  return new URL(`node_modules/vega-datasets/data/${name}`, root)
}

/** Violations by field and keyword. */
export function byRule(report: Report): Record<string, number> {
  return Object.fromEntries(report.rules.map(({ field, keyword, count }) => [`${field}/${keyword}`, count]))
}

/**
 * What is wrong in each file. Each number was found the same by independent tools: DuckDB, pandas, and csv-parse with ajv (movies by two of
 * them), with the rules of coercion of Sluice and no missing tokens.
 */
export const known = {
  zipcodes: { read: 42_049, invalid: 59, rules: { 'latitude/minimum': 51, 'longitude/maximum': 47, 'city/pattern': 1 } },
  movies: {
    read: 3_201,
    invalid: 274,
    rules: { 'Title/type': 10, 'US Gross/type': 7, 'US Gross/minimum': 66, 'Production Budget/type': 1, 'Distributor/type': 232 },
  },
  titanic: { read: 1_313, invalid: 568, rules: { 'name/pattern': 21, 'class/enum': 1, 'age/type': 557, 'age/minimum': 6 } },
  flights: {
    read: 336_776,
    invalid: 31_732,
    rules: {
      'dep_time/type': 8_255,
      'dep_time/maximum': 29,
      'dep_delay/type': 8_255,
      'dep_delay/maximum': 7,
      'arr_time/type': 8_713,
      'arr_delay/type': 9_430,
      'tailnum/pattern': 25_266,
      'air_time/type': 9_430,
      'distance/minimum': 1,
    },
  },
} as const
