import { fstatSync, type Stats, statSync } from 'node:fs'

/** Size of an input in bytes; undefined for what is no regular file, or cannot be looked at, which its source will tell. */
export function inputSize(input: string): number | undefined {
  const stats = statsOf(input)
  return stats?.isFile() ? stats.size : undefined
}

function statsOf(input: string): Stats | undefined {
  try {
    return input === '-' ? fstatSync(0) : statSync(input)
  } catch {
    return undefined
  }
}
