import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { fileSource, isSluiceError, split, validate } from 'sluice'
import t from 'tap'
import { dirtyCsv, dirtyNdjson, rules } from './dirty-files.js'
import { contentOf, type Order, outputsIn } from './order.js'

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))
t.setTimeout(600_000)

/** Runs the program until it ends by itself, killing the first run at its first change to the file system, the second at its second, … */
function killEachTime(order: Order, half: boolean): { kills: number; code: number | null; stderr: string } {
  for (let at = 1; ; at += 1) {
    const { status, signal, stderr } = spawnSync(
      process.execPath,
      ['--import', here('kill-at.js'), here('carry-on.js'), JSON.stringify(order)],
      {
        encoding: 'utf8',
        env: { ...process.env, KILL_AT: String(at), KILL_HALF: half ? '1' : '0' },
      },
    )
    if (signal !== 'SIGKILL') return { kills: at - 1, code: status, stderr }
  }
}

const small = { batchBytes: 6_000, threads: 2, checkpointBytes: 12_000 }
const cases = [
  { name: 'CSV', input: dirtyCsv(1, 36_000), order: { format: 'csv', comment: '#', ...small }, half: false },
  { name: 'NDJSON', input: dirtyNdjson(2, 24_000), order: { format: 'ndjson', ...small }, half: true },
  {
    name: 'CSV that stops at maxErrors',
    input: dirtyCsv(3, 36_000),
    order: { format: 'csv', comment: '#', maxErrors: 300, ...small },
    half: true,
  },
] as const

for (const { name, input, order, half } of cases) {
  t.test(`${name}: killed at every change to the file system in turn`, async (t) => {
    const folder = t.testdir({ whole: {}, parts: {}, input })
    const path = join(folder, 'input')
    // A file that is there already is replaced only at the end.
    for (const run of ['whole', 'parts']) writeFileSync(join(folder, run, 'valid'), 'old')
    const plain = pipeline(fileSource(path), validate(rules, order), split(outputsIn(join(folder, 'whole'))))
    const failure = await plain.catch((error) => error)
    const parts = join(folder, 'parts')
    const outcome = killEachTime({ input: path, folder: parts, outputs: outputsIn(parts), rules, options: order }, half)
    t.equal(outcome.stderr, '')
    t.equal(outcome.code, isSluiceError(failure, 'limit/max-errors') ? 3 : 0)
    t.ok(outcome.kills > 10, `${outcome.kills} kills`)
    const [before, after] = [contentOf(join(folder, 'whole')), contentOf(join(folder, 'parts'))]
    t.strictSame(Object.keys(after), Object.keys(before))
    for (const file of Object.keys(before)) t.ok(before[file] === after[file], file)
  })
}
