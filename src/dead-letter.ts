import { headerPairs, headersOf, type Message, type MessageVerdict } from './message.js'
import type { Violation } from './violation.js'

/** The headers that a dead letter has besides those of its message; their values are text. */
export const deadLetterHeaders = {
  /** The violations as a JSON array, cut off whole ones at `violationBytesMax`. */
  violations: 'sluice-violations',
  /** How many there are in all. */
  violationCount: 'sluice-violation-count',
  /** Where the message came from first. */
  topic: 'sluice-topic',
  partition: 'sluice-partition',
  offset: 'sluice-offset',
  /** Identity of the schema that refused it last. */
  schemaDigest: 'sluice-schema-digest',
} as const

const ours = new Set<string>(Object.values(deadLetterHeaders))

/**
 * The message that a dead letter was made of: without the headers of the letter, and from where it came first. A message that is no dead
 * letter stays as it is.
 */
export function originalMessage<M extends Message>(letter: M): M {
  const pairs = headerPairs(letter.headers)
  const told = new Map(pairs.filter(([name]) => ours.has(name)).map(([name, value]) => [name, textOf(value)]))
  if (told.size === 0) return letter
  const partition = told.get(deadLetterHeaders.partition)
  return {
    ...letter,
    headers: headersOf(pairs.filter(([name]) => !ours.has(name))),
    topic: told.get(deadLetterHeaders.topic),
    partition: partition !== undefined && /^\d+$/.test(partition) ? Number(partition) : partition,
    offset: told.get(deadLetterHeaders.offset),
  }
}

/** The dead letter of a refused message: the same key, the same value, the same headers, and those that tell what is wrong. */
export function deadLetterOf<M extends Message>({ message, violations, schemaDigest }: MessageVerdict<M>, bytesMax: number): M {
  // A letter that is refused again tells what is wrong now, and still where the message came from first.
  const { topic, partition, offset, headers } = originalMessage(message)
  const place = { topic, partition, offset }
  const pairs: [string, unknown][] = [
    ...headerPairs(headers),
    [deadLetterHeaders.violations, cutViolations(violations, bytesMax)],
    [deadLetterHeaders.violationCount, String(violations.length)],
    ...Object.entries(place)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]): [string, string] => [deadLetterHeaders[name as keyof typeof place], String(value)]),
    [deadLetterHeaders.schemaDigest, schemaDigest],
  ]
  return { ...message, headers: headersOf(pairs) }
}

function cutViolations(violations: readonly Violation[], bytesMax: number): string {
  const kept: string[] = []
  let bytes = 2
  for (const violation of violations) {
    const text = JSON.stringify(violation)
    bytes += Buffer.byteLength(text) + 1
    if (bytes > bytesMax) break
    kept.push(text)
  }
  return `[${kept.join(',')}]`
}

function textOf(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString() : String(value)
}
