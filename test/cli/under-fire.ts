import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { sluice, start } from './run-filter.js'

const killsMax = 5

export interface Tried {
  kills: number
  /** Kills after which there was something to go on from. */
  kept: number
}

/** Starts the command and kills it, until it ends by itself or was killed often enough; then lets it end. */
export async function runUnderFire(
  words: string[],
  cwd: string,
  random: () => number,
  spanMs: number,
): Promise<Tried & { code: number | null }> {
  const tried = { kills: 0, kept: 0 }
  while (tried.kills < killsMax) {
    const child = start(words, cwd, 'ignore')
    const ended = once(child, 'exit')
    // At any moment; and, since starting takes up most of them, every other time soon after a checkpoint was written.
    const [isSoon, waitMs] = [random() < 0.5, random()]
    const killing = isSoon ? afterCheckpoint(child, cwd).then(() => delay(waitMs * 40)) : delay(waitMs * spanMs * 1.1)
    const killed = killing.then(() => child.kill('SIGKILL'))
    const [code] = await ended
    await killed
    if (code !== null) return { ...tried, code }
    tried.kills += 1
    if (fs.existsSync(join(cwd, 'run.checkpoint'))) tried.kept += 1
  }
  const { code, stderr } = await sluice(words, { cwd })
  if (stderr !== '' && !stderr.includes('[limit/max-errors]')) throw new Error(stderr)
  return { ...tried, code }
}

/** Waits until `child` has written its checkpoint anew, or has ended. */
async function afterCheckpoint(child: ChildProcess, cwd: string): Promise<void> {
  const written = () => fs.statSync(join(cwd, 'run.checkpoint'), { bigint: true, throwIfNoEntry: false })?.ino
  const before = written()
  while (child.exitCode === null && (written() ?? before) === before) await delay(2)
}
