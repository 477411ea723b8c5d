import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { people, start } from './run-filter.js'

const unix = { skip: process.platform === 'win32' && 'needs signals' }
const outputs = ['--valid', 'ok.csv', '--invalid', 'bad.csv', '--violations', 'why.ndjson', '--report', 'report.json']
const temporary = (cwd: string) => fs.readdirSync(cwd).filter((name) => name.endsWith('.tmp'))

/** Waits until `condition` holds. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(10)
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  t.test(`${signal} in the midst leaves no file`, unix, async (t) => {
    const cwd = t.testdir({ ...people, 'ok.csv': 'old' })
    const child = start(['validate', '--schema', 'people.schema.json', ...outputs], cwd)
    child.stdin?.on('error', () => {})
    child.stdin?.write(people['people.csv'])
    await until(() => temporary(cwd).length === 4)
    child.kill(signal)
    const [stderr, [exitCode]] = await Promise.all([text(child.stderr as NodeJS.ReadableStream), once(child, 'exit')])
    t.equal(exitCode, code)
    t.equal(stderr, `sluice: Interrupted. [${signal}]\n`)
    t.strictSame(fs.readdirSync(cwd).sort(), [...Object.keys(people), 'ok.csv'].sort())
    t.equal(fs.readFileSync(join(cwd, 'ok.csv'), 'utf8'), 'old')
  })
}

t.test('a signal ends a run that waits for a pipe, or for a reader', unix, async (t) => {
  const cwd = t.testdir(people)
  execFileSync('mkfifo', [join(cwd, 'pipe')])
  fs.writeFileSync(join(cwd, 'many.csv'), `id,age\n${'1,20\n'.repeat(1_000_000)}`)
  const runs = [
    ['pipe', '--valid', 'ok.csv'],
    ['people.csv', '--valid', 'pipe', '--report', 'r.json'],
    ['people.csv', '--valid', 'pipe', '--invalid', 'bad.csv'],
    // Its standard output is a pipe that nobody reads.
    ['many.csv', '--invalid', 'bad.csv'],
  ]
  for (const words of runs) {
    const child = start(['validate', ...words, '--schema', 'people.schema.json'], cwd, 'ignore')
    await until(() => temporary(cwd).length === 1)
    await delay(100)
    const begun = performance.now()
    child.kill('SIGTERM')
    const [exitCode] = await once(child, 'exit')
    t.equal(exitCode, 143, words.join(' '))
    // Far from for ever, however busy the machine is.
    t.ok(performance.now() - begun < 15_000)
    t.strictSame(temporary(cwd), [])
    t.notOk(
      ['r.json', 'bad.csv'].some((name) => fs.existsSync(join(cwd, name))),
      'nor has any output its name',
    )
  }
})
