// Prints what the public suites say of Sluice, beside ajv and the jsonschema crate on the same cases.
import { execFileSync } from 'node:child_process'
import Ajv from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { groupsOf, isHere, parts, remotes, score, suitePath, validBytes, validValues } from '../build/test/conformance/json-schema-suite.js'
import { scoreCsv, scoreJson } from '../build/test/conformance/text-suites.js'

/** ajv as its users have it for this draft: ajv-formats where formats assert, and not strict, since the suite has unknown keywords. */
function ajvOf({ schema, tests }, { formatAssertion, references }) {
  const ajv = new Ajv({ strict: false, validateFormats: formatAssertion, logger: false })
  if (formatAssertion) addFormats(ajv)
  for (const [uri, document] of Object.entries(references)) {
    try {
      ajv.addSchema(document, uri)
    } catch {
      // A document of another draft, which most groups do not ask for.
    }
  }
  const validate = ajv.compile(schema)
  return tests.map(({ data }) => validate(data))
}

function crateScores() {
  const words = [
    'run',
    '--release',
    '--quiet',
    '--manifest-path',
    'native/Cargo.toml',
    '--package',
    'sluice-bench',
    '--features',
    'peers',
    '--',
  ]
  try {
    const text = execFileSync('cargo', [...words, suitePath, '--peer', 'suite'], { stdio: ['ignore', 'pipe', 'inherit'] })
    return JSON.parse(text.toString())
  } catch {
    console.error('The jsonschema crate is left out: cargo did not run.')
    return {}
  }
}

if (!isHere) {
  console.error(`There is no suite at ${suitePath}; see ../shared/suites.`)
  process.exit(2)
}
const references = remotes()
const crate = crateScores()
const rows = []
const missed = []
const shown = ({ passed, cases } = {}) => (passed === undefined ? '–' : `${passed}/${cases}`)
for (const [name, { formatAssertion, ...part }] of Object.entries(parts)) {
  const groups = await groupsOf(part)
  const options = { formatAssertion, unknownKeywords: 'ignore', references }
  const bytes = await score(groups, (group) => validBytes(group, options))
  const values = await score(groups, (group) => validValues(group, options))
  const ajv = await score(groups, (group) => ajvOf(group, options))
  missed.push(...bytes.missed, ...values.missed)
  rows.push([`JSON Schema 2020-12, ${name}`, shown(bytes), shown(values), shown(ajv), shown(crate[name])])
}
for (const [name, found] of [...(await scoreJson()), ...(await scoreCsv())]) rows.push([name, shown(found), '', shown(found.peer), ''])

const heads = ['suite', 'Sluice, bytes', 'Sluice, values', 'ajv, JSON.parse, csv-parse', 'jsonschema crate']
const widths = heads.map((head, at) => Math.max(head.length, ...rows.map((row) => row[at].length)))
const line = (cells) => `| ${cells.map((cell, at) => cell.padEnd(widths[at])).join(' | ')} |`
console.log([line(heads), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n'))
for (const each of missed) console.log(`missed: ${each}`)
