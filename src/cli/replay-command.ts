import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import {
  type Counts,
  deadLetterSource,
  deadLetters,
  fileSink,
  type Message,
  messageLine,
  originalMessage,
  validateMessages,
} from '../index.js'
import { refuseSamePaths } from '../same-path.js'
import { endInterrupted } from './ending.js'
import { exitCodes } from './exit-codes.js'
import { catchSignals } from './interruption.js'
import { planOutputs } from './outputs.js'
import { loadSchema } from './schema-file.js'
import type { ReplaySettings } from './settings.js'

const lineFeed = /\n/g

/** Runs `sluice replay`. Gives the exit code; throws what kept it from finishing. */
export async function runReplay(settings: ReplaySettings): Promise<number> {
  const { input, values, tombstones } = settings
  const plan = await planOutputs({ ...settings, json: false })
  // Replaced under a consumer that appends to it, it would lose the letters of that time.
  for (const name of ['valid', 'invalid'] as const) {
    refuseSamePaths(
      [
        ['The input', input],
        [`--${name}`, settings.outputs[name] ?? '-'],
      ].filter(([, path]) => path !== '-') as [string, string][],
    )
  }
  const schema = await loadSchema(settings.schema)
  // A value of nothing has no line among values, so it stays among the letters.
  const check = validateMessages(schema, { tombstones: values ? 'invalid' : tombstones })
  const interruption = catchSignals()
  const sinks = plan.sinks()
  const [valid, invalid] = [sinks.valid, sinks.invalid].map((sink) => (typeof sink === 'string' ? fileSink(sink) : sink)) as Writable[]
  const outputs = [valid, invalid].filter((sink) => sink !== undefined)
  const ended = Promise.all(outputs.map((sink) => finished(sink)))
  ended.catch(() => {})
  try {
    const counts = await check.split(deadLetterSource(input === '-' ? '/dev/stdin' : input), {
      valid: (letters) =>
        write(
          valid,
          letters.map((letter) => (values ? valueLine(letter) : messageLine(originalMessage(letter)))),
        ),
      invalid: deadLetters((letters) => write(invalid, letters.map(messageLine))),
      stop: interruption.signal,
    })
    if (interruption.exitCode !== undefined) throw new Error(interruption.name)
    for (const sink of outputs) sink.end()
    await ended
    tell(counts)
    return counts.invalid === 0 ? exitCodes.valid : exitCodes.invalid
  } catch (error) {
    for (const sink of outputs) sink.destroy()
    await Promise.allSettled(outputs.map((sink) => sink.closed || new Promise((resolve) => sink.once('close', resolve))))
    if (interruption.exitCode !== undefined) return endInterrupted(interruption.exitCode, interruption.name)
    throw error
  } finally {
    interruption.release()
  }
}

/** The JSON of a valid message as one line: a line feed in it can only stand between tokens. */
function valueLine({ value }: Message): string {
  return `${String(value).replace(lineFeed, ' ')}\n`
}

function write(sink: Writable | undefined, lines: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    if (!sink) return resolve()
    sink.write(lines.join(''), (error) => (error ? reject(error) : resolve()))
  })
}

function tell({ read, valid, invalid }: Counts): void {
  process.stderr.write(`${read} dead letters read, ${valid} valid now, ${invalid} still invalid\n`)
}
