import * as fs from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { people, shell, sluice } from './run-filter.js'

const outputs = ['--valid', 'ok.csv', '--invalid', 'bad.csv', '--violations', 'why.ndjson', '--report', 'report.json']
const withSchema = ['--schema', 'people.schema.json']

const cases: readonly { words: readonly string[]; code: string; says: RegExp }[] = [
  { words: ['validate', 'nope.csv', ...withSchema], code: 'input/not-found', says: /nope\.csv does not exist/ },
  { words: ['validate', 'folder', ...withSchema], code: 'input/not-found', says: /no file in folder/ },
  { words: ['validate', 'empty.csv', ...withSchema], code: 'input/empty', says: /empty/ },
  { words: ['validate', 'people.csv', '--schema', 'nope.json'], code: 'schema/invalid', says: /schema nope\.json does not exist/ },
  { words: ['validate', 'people.csv', '--schema', '.'], code: 'schema/invalid', says: /is a directory/ },
  { words: ['validate', 'people.csv', '--schema', 'people.csv'], code: 'schema/invalid', says: /YAML|schema/i },
  {
    words: ['validate', 'people.csv', '--schema', 'broken.json'],
    code: 'schema/invalid',
    says: /line 2, column 9: a string does not close/,
  },
  {
    words: ['validate', 'people.csv', '--schema', 'broken.yaml'],
    code: 'schema/invalid',
    says: /line 2, column 1: map keys must be unique/,
  },
  { words: ['validate', 'people.csv', '--schema', 'text.json'], code: 'schema/invalid', says: /./ },
  { words: ['validate', 'people.csv', '--schema', 'unknown.json'], code: 'schema/keyword', says: /\/properties\/id\/minimun/ },
  { words: ['validate', 'people.csv', '--schema', 'throws.mjs'], code: 'schema/invalid', says: /cannot be loaded: no luck\\nhere/ },
  { words: ['validate', 'people.csv', '--schema', 'nothing.mjs'], code: 'schema/invalid', says: /exports no schema/ },
  { words: ['validate', 'other.csv', ...withSchema], code: 'header/missing', says: /age/ },
  { words: ['validate', 'people.csv', ...withSchema, '--threads', '0'], code: 'option/invalid', says: /--threads 0/ },
  { words: ['validate', 'people.csv', ...withSchema, '--max-errors', '-1'], code: 'option/invalid', says: /--max-errors -1/ },
  { words: ['validate', 'people.csv', ...withSchema, '--delimiter', ''], code: 'option/invalid', says: /delimiter/ },
  { words: ['validate', 'people.csv', ...withSchema, '--reports', ''], code: 'option/invalid', says: /--reports is empty/ },
  { words: ['validate', 'people.csv', ...withSchema, '--manifest', ''], code: 'option/invalid', says: /--manifest is empty/ },
  { words: ['validate', '', ...withSchema], code: 'option/invalid', says: /An input is empty/ },
  { words: ['validate', 'people.csv', ...withSchema, '--missing', 'a', '--no-missing'], code: 'option/invalid', says: /--no-missing/ },
]

for (const { words, code, says } of cases) {
  t.test(`${words.join(' ')}: ${code}`, async (t) => {
    const cwd = t.testdir({
      ...people,
      'empty.csv': '',
      folder: {},
      'other.csv': 'id\n1\n',
      'broken.json': '{\n"type": "o,\n}',
      'broken.yaml': 'type: object\ntype: object\n',
      'text.json': '"object"',
      'unknown.json': '{"type":"object","properties":{"id":{"minimun":1}}}',
      'throws.mjs': 'throw new Error("no luck\\nhere")',
      'nothing.mjs': 'export const other = {}',
    })
    const before = fs.readdirSync(cwd)
    const outcome = await sluice([...words, ...outputs], { cwd })
    t.equal(outcome.code, 2)
    t.equal(outcome.stdout, '')
    t.match(outcome.stderr, /^sluice: [^\n]+ \[[a-z-]+\/[a-z-]+\]\n$/, 'one sentence and a code')
    t.ok(outcome.stderr.endsWith(` [${code}]\n`), outcome.stderr)
    t.match(outcome.stderr, says)
    t.strictSame(fs.readdirSync(cwd), before, 'no output is there, nor a part of one')
  })
}

t.test('outputs that cannot be written', async (t) => {
  const cwd = t.testdir({ ...people, folder: {} })
  const run = async (...words: string[]) => sluice(['validate', 'people.csv', ...withSchema, '--report', 'r.json', ...words], { cwd })
  t.match(await run('--valid', 'folder'), { code: 2, stderr: /^sluice: The output folder is a directory; .* \[sink\/unwritable\]\n$/ })
  t.match(await run('--valid', 'no/ok.csv'), { code: 2, stderr: /^sluice: The output no\/ok\.csv .* \[sink\/unwritable\]\n$/ })
  t.match(await run('--valid', 'a', '--invalid', './a'), { code: 2, stderr: /^sluice: --valid and --invalid .* \[sink\/same-path\]\n$/ })
  t.match(await run('--invalid', 'people.schema.json'), { code: 2, stderr: /\[sink\/same-path\]\n$/ })
  const isUnix = process.platform !== 'win32'
  if (isUnix) fs.symlinkSync('/dev/stdout', join(cwd, 'link'))
  for (const path of ['/dev/stdout', ...(isUnix ? ['//dev/stdout', '/dev/../dev/fd/1', 'link'] : [])]) {
    t.match(await run('--valid', '-', '--invalid', path), { code: 2, stdout: '', stderr: /only one .* \[option\/invalid\]\n$/ }, path)
  }
  const apart = async (folder: string) => sluice(['validate', 'people.csv', ...withSchema, '--output-dir', folder], { cwd })
  t.match(await apart(''), { code: 2, stderr: /^sluice: --output-dir is empty; .* \[option\/invalid\]\n$/ })
  t.match(await apart('s3://bucket/a'), { code: 2, stderr: /^sluice: --output-dir s3:.* is no folder; .* \[option\/invalid\]\n$/ })
  t.notOk(fs.existsSync(join(cwd, 'r.json')))
  t.match(await sluice(['validate', 'people.csv', ...withSchema, '--valid', '/dev/null', '--invalid', '/dev/null'], { cwd }), {
    code: 1,
    stderr: '',
  })
  if (!fs.existsSync('/dev/full')) return
  const full = await run('--valid', '/dev/full')
  t.match(full, { code: 2, stderr: 'sluice: The output /dev/full cannot be written: no space is left on its disk. [sink/unwritable]\n' })
  t.notOk(fs.existsSync(join(cwd, 'r.json')))
  for (const words of ['', '--valid ok.csv --json', '--valid ok.csv --report -', 'people.csv --valid ok.csv --json']) {
    const out = await shell(`sluice validate people.csv --schema people.schema.json ${words} > /dev/full`, { cwd })
    t.match(out, { code: 2, stderr: 'sluice: Standard output cannot be written: no space is left on its disk. [sink/unwritable]\n' }, words)
  }
})

t.test('an output that exists stays as it was when the run fails', async (t) => {
  const cwd = t.testdir({ ...people, 'ok.csv': 'old' })
  await sluice(['validate', 'nope.csv', ...withSchema, '--valid', 'ok.csv'], { cwd })
  t.equal(fs.readFileSync(join(cwd, 'ok.csv'), 'utf8'), 'old')
})

t.test('control characters of a name do not reach the terminal', async (t) => {
  const outcome = await sluice(['validate', 'a\u001b[31m\nb\u202e.csv', ...withSchema], { cwd: t.testdir(people) })
  t.equal(outcome.stderr, 'sluice: The input a\\u001b[31m\\nb\\u202e.csv does not exist; check the path. [input/not-found]\n')
})

t.test('a name with a NUL in a manifest', async (t) => {
  const outcome = await sluice(['validate', '--manifest', '-', ...withSchema], { cwd: t.testdir(people), input: 'people.csv\0nope.csv\0' })
  t.match(outcome, {
    code: 2,
    stderr: /^sluice: failed: people\.csv\\u0000nope\.csv\\u0000: The input .* has a NUL in its name, .*\[input\/not-found\]\n$/,
  })
})

t.test('SLUICE_DEBUG=1 shows the stack', async (t) => {
  const outcome = await sluice(['validate', 'nope.csv', ...withSchema], { cwd: t.testdir(people), environment: { SLUICE_DEBUG: '1' } })
  t.match(outcome.stderr, /\[input\/not-found\]\n.*\n\s+at /)
  t.match(outcome.stderr, /ENOENT/)
})
