import * as fs from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { dirtyCsv, dirtyNdjson, randomOf, rules } from '../checkpoint/dirty-files.js'
import { sluice } from './run-filter.js'
import { runUnderFire } from './under-fire.js'

// SLUICE_KILL_ROUNDS=50 SLUICE_KILL_SEED=7 node build/test/cli/kill.test.js runs more of them, or one again.
const rounds = Number(process.env.SLUICE_KILL_ROUNDS ?? 4)
const firstSeed = Number(process.env.SLUICE_KILL_SEED ?? 1)
const inputBytes = 8_000_000
t.setTimeout(3_600_000)
const names = ['valid', 'invalid', 'violations', 'report']

/** Without what a clock says. */
function outputsOf(cwd: string): (string | undefined)[] {
  const text = (name: string) => (fs.existsSync(join(cwd, name)) ? fs.readFileSync(join(cwd, name), 'latin1') : undefined)
  return names.map((name) => text(name)?.replace(/"(startedAt|endedAt)": "[^"]*"/g, '"$1"'))
}

t.test(`${rounds} rounds of SIGKILL at random moments lose nothing and double nothing`, async (t) => {
  const total = { kills: 0, kept: 0 }
  for (let round = 0; round < rounds; round += 1) {
    const seed = firstSeed + round
    const random = randomOf(seed)
    const isCsv = seed % 3 !== 2
    const input = isCsv ? dirtyCsv(seed, inputBytes) : dirtyNdjson(seed, inputBytes)
    const invalid = seed % 4 === 3 ? ['--max-errors', String(5_000 + Math.floor(random() * 10_000))] : []
    const cwd = t.testdir({ whole: {}, parts: {}, 'rules.json': JSON.stringify(rules), [isCsv ? 'in.csv' : 'in.ndjson']: input })
    const words = (checkpoint: string[]) => [
      ...['validate', isCsv ? '../in.csv' : '../in.ndjson', '--schema', '../rules.json', ...(isCsv ? ['--comment', '#'] : [])],
      ...names.flatMap((name) => [`--${name}`, name]),
      ...[...invalid, ...checkpoint],
    ]
    const begun = performance.now()
    const whole = await sluice(words([]), { cwd: join(cwd, 'whole') })
    const spanMs = performance.now() - begun
    const kept = words(['--checkpoint', 'run.checkpoint', '--checkpoint-bytes', String(100_000 + Math.floor(random() * 2_000_000))])
    const parts = await runUnderFire(kept, join(cwd, 'parts'), random, spanMs)
    const [before, after] = [outputsOf(join(cwd, 'whole')), outputsOf(join(cwd, 'parts'))]
    for (const [at, name] of names.entries()) {
      t.ok(before[at] === after[at], `seed ${seed}, ${name}: ${parts.kills} kills, ${parts.kept} of them with a checkpoint`)
    }
    t.equal(parts.code, whole.code, `seed ${seed}: exit code`)
    t.strictSame(fs.readdirSync(join(cwd, 'parts')).sort(), fs.readdirSync(join(cwd, 'whole')).sort(), `seed ${seed}: nothing else is left`)
    total.kills += parts.kills
    total.kept += parts.kept
  }
  t.comment(`${rounds} rounds from seed ${firstSeed}: ${total.kills} kills, ${total.kept} of them with a checkpoint to go on from`)
  t.ok(total.kept > 0, 'some runs went on from a checkpoint')
})
