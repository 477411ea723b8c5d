import { cpus } from 'node:os'
import { setTimeout } from 'node:timers/promises'

const sampleMs = 250
const busyMost = 0.1
const attempts = 40

/** How busy the machine is while this process sleeps, from 0 to 1. The load average would remember our own last round. */
async function busyShare() {
  const before = times()
  await setTimeout(sampleMs)
  const after = times()
  return 1 - (after.idle - before.idle) / (after.all - before.all)
}

function times() {
  let [idle, all] = [0, 0]
  for (const { times } of cpus()) {
    idle += times.idle
    all += Object.values(times).reduce((sum, time) => sum + time, 0)
  }
  return { idle, all }
}

/**
 * Waits for a quiet machine, up to ten seconds. Gives how busy it is; throws when it stays busy, unless forced.
 * @param {boolean} force
 */
export async function quiet(force) {
  let busy = 1
  for (let attempt = 0; attempt < (force ? 1 : attempts); attempt++) {
    busy = await busyShare()
    if (busy <= busyMost) return busy
  }
  if (force) return busy
  throw new Error(
    `The machine is ${Math.round(busy * 100)}% busy with other work, so nothing measured now would mean anything. Wait, or give --force.`,
  )
}
