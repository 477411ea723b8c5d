import { setTimeout as sleep } from 'node:timers/promises'

/** Waits until it holds; throws when that takes too long. */
export async function until(what: string, holds: () => Promise<boolean>, seconds = 60): Promise<void> {
  for (const end = Date.now() + seconds * 1_000; !(await holds()); await sleep(25)) {
    if (Date.now() > end) throw new Error(`In ${seconds} s it never came to this: ${what}`)
  }
}
