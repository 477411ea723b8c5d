import * as fs from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { people, shell, sluice } from './run-filter.js'

const usage = async (words: readonly string[], cwd: string) => {
  const outcome = await sluice(words, { cwd })
  return outcome.code === 2 && outcome.stdout === '' ? outcome.stderr : JSON.stringify(outcome)
}

t.test('usage that cannot be followed gets one sentence and a hint', async (t) => {
  const cwd = t.testdir(people)
  const hint = (command = '') => `'sluice${command} --help'. [option/invalid]\n`
  t.equal(await usage([], cwd), `sluice: Name a command: validate, replay, explain, init or completion; see ${hint()}`)
  t.equal(await usage(['valdate'], cwd), `sluice: Unknown command: valdate; did you mean validate? See ${hint()}`)
  t.equal(await usage(['xyzzy'], cwd), `sluice: Unknown command: xyzzy; see ${hint()}`)
  t.equal(await usage(['validate', 'people.csv'], cwd), `sluice: Missing option: --schema; see ${hint(' validate')}`)
  t.equal(
    await usage(['validate', '--schema', 's', '--frmat=csv', '-x'], cwd),
    `sluice: Unknown options: --frmat=csv, -x; see ${hint(' validate')}`,
  )
  t.equal(await usage(['init', 'b'], cwd), `sluice: Unknown argument: b; see ${hint(' init')}`)
  t.match(await usage(['validate', '--schema'], cwd), /^sluice: No value after --schema/)
  t.match(await usage(['validate', '--schema', 's', '--format', 'xml'], cwd), /--format is "xml", but can be one of "csv", "ndjson"/)
  t.match(await usage(['validate', '--schema', 's', '--schema', 't'], cwd), /--schema was given 2 times/)
  t.match(await usage(['validate', '--schema', 's', '--progress', '--no-progress'], cwd), /--progress and --no-progress/)
  t.match(await usage(['validate', '--schema', 's', '--max-errors', '5 %'], cwd), /--max-errors 5 % is neither/)
  t.match(await usage(['validate', '--schema', 's', '--header', 'a,"b'], cwd), /--header a,"b cannot be read/)
  t.match(await usage(['init', 'x'], cwd), /Unknown argument: x/)
})

t.test('words that look like something else', async (t) => {
  const cwd = t.testdir({ ...people, '007': people['valid.csv'], '-odd.csv': people['valid.csv'], '1e3.csv': people['valid.csv'] })
  for (const words of [['007'], ['--', '-odd.csv'], ['1e3.csv'], ['./-odd.csv']]) {
    const outcome = await sluice(['validate', '--schema', 'people.schema.json', ...words], { cwd })
    t.strictSame(outcome, { code: 0, stdout: people['valid.csv'], stderr: '' }, words.join(' '))
  }
  const header = await sluice(['validate', '--schema', 'people.schema.json', '--header', '"a,b","c ""d""",id,age', '--violations', '-'], {
    cwd,
    input: '1,2,x,20\n',
  })
  t.match(JSON.parse(header.stdout), { field: 'id', column: 2 }, 'quoted names of columns')
})

t.test('help, version and completions', async (t) => {
  const cwd = t.testdir()
  const help = await sluice(['--help'], { cwd })
  t.match(help, { code: 0, stderr: '' })
  for (const word of ['validate', 'init', 'completion', 'Exit codes']) t.ok(help.stdout.includes(word), word)
  const validate = await sluice(['validate', '-h'], { cwd })
  t.match(validate, { code: 0, stderr: '' })
  for (const word of ['--schema', '--no-missing', '--max-errors', 'Examples:', '/dev/null']) t.ok(validate.stdout.includes(word), word)
  t.ok(validate.stdout.split('\n').every((line) => line.length <= 100))
  t.match((await sluice(['init', '--help'], { cwd })).stdout, /--output/)
  const version = JSON.parse(fs.readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')).version
  t.strictSame(await sluice(['--version'], { cwd }), { code: 0, stdout: `${version}\n`, stderr: '' })
  const script = await sluice(['completion'], { cwd })
  t.match(script, { code: 0, stdout: /complete .*sluice/ })
  t.match((await sluice(['--get-yargs-completions', 'sluice', 'validate', '--vi'], { cwd })).stdout, /--violations/)
})

t.test('init writes a schema that works as it is', async (t) => {
  const cwd = t.testdir({ 'people.csv': 'user_id,email,age,balance\n100001,ada@example.com,36,12.50\n100002,grace@example.com,45,\n' })
  t.strictSame(await sluice(['init'], { cwd }), {
    code: 0,
    stdout: 'Wrote sluice.schema.yaml; try: sluice validate INPUT --schema sluice.schema.yaml\n',
    stderr: '',
  })
  const starter = fs.readFileSync(join(cwd, 'sluice.schema.yaml'), 'utf8')
  t.match(starter, /^# .*user_id,email,age,balance/ms)
  t.match(await sluice(['validate', 'people.csv', '--schema', 'sluice.schema.yaml'], { cwd }), { code: 0, stderr: '' })
  const wrong = 'user_id,email,age,balance\n1,ada@example.com,36,1\n100002,nobody,17,-1\n'
  const refused = await sluice(['validate', '--schema', 'sluice.schema.yaml', '--report', '-'], { cwd, input: wrong })
  t.match(JSON.parse(refused.stdout).counts, { read: 2, invalid: 2, violations: 4 })

  t.match(await usage(['init'], cwd), /^sluice: sluice\.schema\.yaml exists already; .* \[sink\/unwritable\]\n$/)
  fs.writeFileSync(join(cwd, 'sluice.schema.yaml'), 'mine')
  await sluice(['init'], { cwd })
  t.equal(fs.readFileSync(join(cwd, 'sluice.schema.yaml'), 'utf8'), 'mine')
  await sluice(['init', '--force'], { cwd })
  t.equal(fs.readFileSync(join(cwd, 'sluice.schema.yaml'), 'utf8'), starter)

  await sluice(['init', '--output', 'people.json'], { cwd })
  t.match(await sluice(['validate', 'people.csv', '--schema', 'people.json'], { cwd }), { code: 0, stderr: '' }, 'as JSON too')
  t.equal((await sluice(['init', '--output', '-'], { cwd })).stdout, starter)
  t.match(await usage(['init', '--output', 'no/such.yaml'], cwd), /its folder does not exist/)
  t.match(await usage(['init', '--output', '.'], cwd), /\[sink\/unwritable\]/)
})

t.test('the bin can be run by itself', { skip: process.platform === 'win32' && 'needs a Unix' }, async (t) => {
  const outcome = await shell('cp "$FILTER" /dev/null && head -1 "$FILTER"', { cwd: t.testdir() })
  t.equal(outcome.stdout, '#!/usr/bin/env node\n')
})
