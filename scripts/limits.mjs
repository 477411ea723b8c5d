// Writes the table of limits into README.md, from the one place where they stand.
import { readFileSync, writeFileSync } from 'node:fs'
import { limits } from '../dist/limits.js'

const file = new URL('../README.md', import.meta.url)
const grouped = (value) => value.toLocaleString('en-US')
const rows = Object.entries(limits).map(([name, limit]) => `| \`${name}\` | ${limit.unit} | ${grouped(limit.default)} | ${limit.beyond} |`)
const table = ['| limit | of | default | beyond it |', '|---|---|---|---|', ...rows].join('\n')
const readme = readFileSync(file, 'utf8')
const marked = /(<!-- limits: made by scripts\/limits\.mjs -->\n)[\s\S]*?(<!-- \/limits -->)/
if (!marked.test(readme)) throw new Error('README.md has no place for the limits')
writeFileSync(file, readme.replace(marked, `$1${table}\n$2`))
