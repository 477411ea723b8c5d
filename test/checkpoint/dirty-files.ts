/** Numbers from 0 to 1 that are the same for one seed, so that a round that fails can be run again. */
export function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export const rules = {
  type: 'object',
  properties: {
    id: { type: 'integer' },
    age: { type: 'integer', minimum: 18 },
    note: { type: ['string', 'null'], maxLength: 40, allOf: [{ pattern: '^[^#]*$' }, { pattern: '^[^!]*$' }] },
  },
  required: ['id', 'age'],
}

/** CSV of about `bytes` bytes: records over many lines, quotes that stray or never close, fields too many or too few. */
export function dirtyCsv(seed: number, bytes: number): string {
  const random = randomOf(seed)
  const parts = ['# dirty, "\r\nid,age,note\r\n']
  for (let length = 0, id = 0; length < bytes; id += 1) {
    const record = csvRecord(id, random)
    parts.push(record)
    length += record.length
  }
  return parts.join('')
}

function csvRecord(id: number, random: () => number): string {
  const age = Math.floor(random() * 100)
  const kind = random()
  if (kind < 0.6) return `${id},${age},plain é\n`
  if (kind < 0.7) return `${id},${age},"two\nlines, ""said"""\r\n`
  if (kind < 0.75) return `x${id},,"#!"\n`
  if (kind < 0.8) return `${id}\n`
  if (kind < 0.84) return `${id},${age},a "stray" quote\n`
  if (kind < 0.843) return `${id},${age},"never closed\n`
  // Longer than a batch, now and then.
  if (kind < 0.847) return `${id},${age},"${`line ${id}, and "" more\n`.repeat(1 + Math.floor(random() * 3000))}"\n`
  if (kind < 0.86) return '\n'
  return `${id},${age},${'!'.repeat(Math.floor(random() * 60))}\n`
}

/** NDJSON of about `bytes` bytes, broken in places. */
export function dirtyNdjson(seed: number, bytes: number): string {
  const random = randomOf(seed)
  const parts: string[] = []
  for (let length = 0, id = 0; length < bytes; id += 1) {
    const age = Math.floor(random() * 100)
    const kind = random()
    const whole = `{"id":${id},"age":${age},"note":${JSON.stringify('n\n#'.repeat(Math.floor(random() * 20)))}}`
    const line = kind < 0.9 ? whole : kind < 0.95 ? whole.slice(0, Math.floor(random() * whole.length)) : `{"id":1.5e400,"age":"${age}"}`
    parts.push(`${line}\n`)
    length += line.length
  }
  return parts.join('')
}
