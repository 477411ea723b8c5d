// Writes the tables of limits and of codes into README.md, from the places where they stand.
import { readFileSync, writeFileSync } from 'node:fs'
import { errorCodes, limits, messageLimits, violationCodes } from '../dist/index.js'

const file = new URL('../README.md', import.meta.url)
const grouped = (value) => value.toLocaleString('en-US')
const table = (heads, rows) => [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
const codes = (meanings) => Object.entries(meanings).map(([code, meaning]) => [`\`${code}\``, meaning])
const limitTable = (all) =>
  table(
    ['limit', 'of', 'default', 'beyond it'],
    Object.entries(all).map(([name, limit]) => [`\`${name}\``, limit.unit, grouped(limit.default), limit.beyond]),
  )
const tables = {
  limits: limitTable(limits),
  'message limits': limitTable(messageLimits),
  violations: table(
    ['code', 'meaning'],
    [['a keyword (`minimum`, `pattern`, …)', 'The value does not meet that keyword.'], ...codes(violationCodes)],
  ),
  errors: table(['code', 'meaning'], codes(errorCodes)),
}

let readme = readFileSync(file, 'utf8')
for (const [name, text] of Object.entries(tables)) {
  const marked = new RegExp(`(<!-- ${name}: made by scripts/tables\\.mjs -->\\n)[\\s\\S]*?(<!-- /${name} -->)`)
  if (!marked.test(readme)) throw new Error(`README.md has no place for the table of ${name}`)
  readme = readme.replace(marked, (_, before, after) => `${before}${text}\n${after}`)
}
writeFileSync(file, readme)
