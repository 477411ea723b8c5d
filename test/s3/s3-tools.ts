import { buffer } from 'node:stream/consumers'

/** Bytes that differ from place to place, so that a piece that was lost, doubled or misplaced shows. */
export function patternOf(length: number, seed = 0): Buffer {
  const bytes = Buffer.alloc(length)
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32LE(Math.imul(at + seed, 2654435761) >>> 0, at)
  return bytes
}

export type Failure = Error & { code?: string; cause?: unknown }

/** How `work`, or the reading of a stream, fails. */
export async function failureOf(work: Promise<unknown> | NodeJS.ReadableStream): Promise<Failure> {
  const [outcome] = await Promise.allSettled([work instanceof Promise ? work : buffer(work)])
  if (outcome.status === 'fulfilled') throw new Error('it did not fail')
  return outcome.reason
}

export async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

/** What is prompt takes less, however busy the machine is: half of what is waited for an answer by default. */
export const promptMs = 15_000
