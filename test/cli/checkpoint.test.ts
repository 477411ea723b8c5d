import { once } from 'node:events'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { people, sluice, start } from './run-filter.js'

const unix = { skip: process.platform === 'win32' && 'needs signals' }
const outputs = ['--valid', 'ok.csv', '--invalid', 'bad.csv', '--violations', 'why.ndjson', '--report', 'report.json']
const words = ['validate', 'many.csv', '--schema', 'people.schema.json', ...outputs]
const kept = ['--checkpoint', 'run.checkpoint', '--checkpoint-bytes', '200000']
const many = people['people.csv'].slice(7).repeat(200_000)
const withoutTimes = (path: string) => fs.readFileSync(path, 'utf8').replace(/"(startedAt|endedAt)": "[^"]*"/g, '"$1"')

t.test('an interrupt keeps what there is, and says how to go on; the same command does', unix, async (t) => {
  const cwd = t.testdir({ ...people, 'many.csv': `id,age\n${many}` })
  const child = start([...words, ...kept], cwd, 'ignore')
  const said = text(child.stderr as NodeJS.ReadableStream)
  while (!fs.existsSync(join(cwd, 'run.checkpoint'))) await delay(5)
  child.kill('SIGINT')
  const [code] = await once(child, 'exit')
  t.equal(code, 130)
  t.match(
    await said,
    /^sluice: The checkpoint run\.checkpoint stands: the same command goes on after record [\d,]+\.\nsluice: Interrupted\. \[SIGINT\]\n$/,
  )
  const left = fs.readdirSync(cwd).filter((name) => name !== 'many.csv' && !(name in people))
  t.equal(left.filter((name) => name.endsWith('.tmp')).length, 3, left.join(' '))
  t.strictSame(left.filter((name) => !name.endsWith('.tmp')).sort(), ['run.checkpoint', 'run.checkpoint.lock'])

  const refused = await sluice([...words, ...kept, '--max-errors', '5'], { cwd })
  t.equal(refused.code, 2)
  t.equal(
    refused.stderr,
    'sluice: The checkpoint run.checkpoint is of other options (maxErrors). Give what it was made with, or remove it to begin anew. [checkpoint/foreign]\n',
  )
  const whole = await sluice([...words.slice(0, 4), ...outputs.map((word) => (word.startsWith('--') ? word : `whole-${word}`))], { cwd })
  const parts = await sluice([...words, ...kept, '--progress'], { cwd })
  t.equal(parts.code, whole.code)
  t.match(parts.stderr, /1,000,000 read, 600,000 valid, 400,000 invalid/)
  for (const name of ['ok.csv', 'bad.csv', 'why.ndjson', 'report.json']) {
    t.ok(withoutTimes(join(cwd, name)) === withoutTimes(join(cwd, `whole-${name}`)), name)
  }
  t.notOk(fs.existsSync(join(cwd, 'run.checkpoint')) || fs.existsSync(join(cwd, 'run.checkpoint.lock')))
})

t.test('what cannot be gone on with is refused in one line', async (t) => {
  const cwd = t.testdir(people)
  const refused = async (words: string[], what: RegExp) => {
    const { code, stderr } = await sluice(['validate', ...words, '--schema', 'people.schema.json'], { cwd, input: 'id,age\n' })
    t.equal(code, 2)
    t.match(stderr, what)
  }
  const checkpoint = ['--checkpoint', 'run.checkpoint']
  await refused(
    ['-', '--valid', 'ok.csv', ...checkpoint],
    /^sluice: --checkpoint needs an input that can be read again, .*\[option\/invalid\]\n$/,
  )
  await refused(
    ['people.csv', ...checkpoint],
    /^sluice: --checkpoint needs files, and valid goes to standard output, .*\[option\/invalid\]\n$/,
  )
  await refused(
    ['people.csv', '--valid', 'run.checkpoint', ...checkpoint],
    /--checkpoint and --valid are both run\.checkpoint.*\[sink\/same-path\]\n$/,
  )
  await refused(['people.csv', '--valid', 'people.csv', ...checkpoint], /The output people\.csv is the input.*\[option\/invalid\]\n$/)
  await refused(
    ['people.csv', '--valid', 'ok', '--checkpoint', 'people.csv'],
    /The checkpoint and the input are both people\.csv; .*\[sink\/same-path\]\n$/,
  )
  await refused(
    ['people.csv', '--valid', 'ok', '--checkpoint', 'no/such'],
    /^sluice: no\/such\.lock cannot be locked: .*\[checkpoint\/unwritable\]\n$/,
  )
  for (const own of ['.lock', '.valid.upload', '.invalid.upload', '.violations.upload', '.report.upload']
    .map((end) => `run${end}`)
    .concat('.run.tmp')) {
    const run = ['--checkpoint', 'run', '--valid']
    fs.copyFileSync(join(cwd, 'people.csv'), join(cwd, own))
    fs.symlinkSync(own, join(cwd, 'link'))
    await refused(
      ['people.csv', ...run, own],
      /file of --checkpoint.* and --valid are both .*\[sink\/same-path\]\n$|The lock of --checkpoint and --valid/,
    )
    await refused([own, ...run, 'ok'], /of the checkpoint.* and the input are both .*\[sink\/same-path\]\n$/)
    await refused(['link', ...run, 'ok'], /of the checkpoint.* and the input are one file, .*\[sink\/same-path\]\n$/)
    await refused(['people.csv', ...run, 'ok', '--dialect', own], /of the checkpoint.* and --dialect are both .*\[sink\/same-path\]\n$/)
    const schema = ['--schema', own]
    t.match(await sluice(['validate', 'people.csv', ...run, 'ok', ...schema], { cwd }), {
      code: 2,
      stderr: /--schema are both .*same-path/,
    })
    t.equal(fs.readFileSync(join(cwd, own), 'utf8'), fs.readFileSync(join(cwd, 'people.csv'), 'utf8'))
    for (const name of [own, 'link']) fs.rmSync(join(cwd, name))
  }
  await refused(['people.csv', '--valid', 'ok', ...checkpoint, '--checkpoint-bytes', '0'], /--checkpoint-bytes 0 is not a whole number/)
  t.strictSame(fs.readdirSync(cwd).sort(), Object.keys(people).sort())
})

t.test('a run whose report is printed may have a checkpoint too', async (t) => {
  const cwd = t.testdir(people)
  const { code, stdout } = await sluice(
    ['validate', 'people.csv', '--schema', 'people.schema.json', '--report', '-', '--checkpoint', 'c'],
    { cwd },
  )
  t.equal(code, 1)
  t.match(JSON.parse(stdout).counts, { read: 5, valid: 3 })
  t.strictSame(fs.readdirSync(cwd).sort(), Object.keys(people).sort())
})
