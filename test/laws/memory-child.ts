// One run of the law of memory, in a process of its own: node memory-child.js [<file> <fast|slow>] prints its peak in bytes.
import { readFileSync } from 'node:fs'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout } from 'node:timers/promises'
import { field, fileSource, schema, validate, verdictOf } from 'sluice'

const rules = schema({
  id: field.integer().min(1),
  at: field.string().format('date-time'),
  amount: field.number().max(100_000),
  code: field.string().pattern('^[A-Z]{2}-[0-9]{4}$'),
  mail: field.string().format('email'),
})
/** A sink that takes no time, or a millisecond for a hundred records. */
const sink = (isSlow: boolean) =>
  new Writable({
    objectMode: true,
    highWaterMark: 1,
    write(chunk, _encoding, callback) {
      if (isSlow) setTimeout((verdictOf(chunk)?.counts.read ?? 0) / 100).then(() => callback())
      else callback()
    },
  })

const [file, kind] = process.argv.slice(2)
if (file) {
  const gate = validate(rules)
  await pipeline(fileSource(file), gate, sink(kind === 'slow'))
  if (!gate.report?.counts.invalid) throw new Error('nothing was checked')
}
const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
process.stdout.write(String(Number(kilobytes) * 1024))
