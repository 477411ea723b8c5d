import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { fromJSONSchema, type JSONSchema, type SchemaOptions, validate, verdictOf } from 'sluice'

/** JSON-Schema-Test-Suite, where it stands. */
const suite = new URL('../../../../shared/suites/json-schema/', import.meta.url)
export const suitePath = fileURLToPath(suite)
export const isHere = existsSync(suite)

/** The three parts of the suite, with how many cases each has, and whether `format` asserts there. */
export const parts = {
  required: { folder: 'tests/draft2020-12/', cases: 1299, formatAssertion: false },
  format: { folder: 'tests/draft2020-12/optional/format/', cases: 764, formatAssertion: true },
  optional: { folder: 'tests/draft2020-12/optional/', cases: 162, formatAssertion: false },
} as const

export interface Group {
  file: string
  description: string
  schema: JSONSchema
  tests: { description: string; data: unknown; valid: boolean }[]
  /** Each instance as it is written, since numbers beyond those of JavaScript are part of the suite. */
  lines: string[]
}

/** Every document that a schema of the suite may refer to, by its URI. */
export function remotes(): Record<string, JSONSchema> {
  const folder = new URL('remotes/', suite)
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'))
  const entry = (name: string) => [`http://localhost:1234/${name}`, JSON.parse(readFileSync(new URL(name, folder), 'utf8'))]
  return Object.fromEntries(names.map(entry))
}

export async function groupsOf({ folder }: { folder: string }): Promise<Group[]> {
  const at = new URL(folder, suite)
  const groups: Group[] = []
  for (const file of readdirSync(at).filter((name) => name.endsWith('.json'))) {
    const text = readFileSync(new URL(file, at))
    const lines = await linesAt(text, '$[*].tests[*].data')
    for (const { description, schema, tests } of JSON.parse(text.toString())) {
      groups.push({ file, description, schema, tests, lines: lines.splice(0, tests.length) })
    }
    if (lines.length > 0) throw new Error(`${file} has more instances than tests`)
  }
  return groups
}

async function linesAt(text: Buffer, recordPath: string): Promise<string[]> {
  let lines = ''
  await pipeline(Readable.from([text]), validate(true, { recordPath, duplicateKeys: 'last' }), async (chunks) => {
    for await (const chunk of chunks) lines += chunk
  })
  return lines.split('\n').slice(0, -1)
}

/** The instances of a group that are valid, as records of NDJSON bytes. */
export async function validBytes({ schema, lines }: Group, options: SchemaOptions): Promise<boolean[]> {
  const refused = new Set<number>()
  const check = validate(schema, { ...options, format: 'ndjson' })
  await pipeline(Readable.from([Buffer.from(lines.map((line) => `${line}\n`).join(''))]), check, async (chunks) => {
    for await (const chunk of chunks) {
      const violations = verdictOf(chunk)?.violations.toString() ?? ''
      for (const line of violations.split('\n').slice(0, -1)) refused.add(JSON.parse(line).record)
    }
  })
  if (check.counts.read !== lines.length || check.counts.invalid !== refused.size) throw new Error('records were merged or lost')
  return lines.map((_, at) => !refused.has(at + 1))
}

/** The same as values, by Standard Schema. */
export function validValues({ schema, tests }: Group, options: SchemaOptions): boolean[] {
  // Standard Schema has no schema that is true or false; these say the same.
  const json = typeof schema === 'boolean' ? { allOf: [schema] } : schema
  const standard = fromJSONSchema(json, options)['~standard']
  return tests.map(({ data }) => standard.validate(data).issues === undefined)
}

/** How many cases of the groups are as the suite says, and those that are not. A schema that is refused fails all of its cases. */
export async function score(groups: readonly Group[], validOf: (group: Group) => boolean[] | Promise<boolean[]>) {
  let [passed, cases] = [0, 0]
  const missed: string[] = []
  for (const group of groups) {
    let valid: boolean[] = []
    try {
      valid = await validOf(group)
    } catch {
      valid = []
    }
    for (const [at, test] of group.tests.entries()) {
      cases += 1
      if (valid[at] === test.valid) passed += 1
      else missed.push(`${group.file}: ${group.description}: ${test.description}`)
    }
  }
  return { passed, cases, missed }
}
