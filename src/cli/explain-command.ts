import { type Enforcement, type ExplainedKeyword, explain } from '../index.js'
import { exitCodes } from './exit-codes.js'
import { loadWithReferences } from './schema-file.js'
import type { ExplainSettings } from './settings.js'
import { writeStandardOutput } from './standard-streams.js'
import { type Paint, painter, printable, wantsColour } from './terminal.js'

const words: Record<Enforcement, string> = {
  compiled: 'compiled',
  'full-engine': 'by the full engine',
  annotation: 'annotations',
  javascript: 'in JavaScript',
  refused: 'refused',
}
const colours = { compiled: 'green', 'full-engine': 'yellow', annotation: 'dim', javascript: 'yellow', refused: 'red' } as const

/** Runs `sluice explain`. Gives the exit code; throws what kept it from reading the schema. */
export async function runExplain(settings: ExplainSettings): Promise<number> {
  const { schema, references } = await loadWithReferences(settings.schema, settings.references)
  const explained = explain(schema, { ...settings.options, references })
  await writeStandardOutput(
    settings.json ? `${JSON.stringify(explained, null, 2)}\n` : tableOf(explained, painter(wantsColour(process.stdout))),
  )
  return explained.some(({ how }) => how === 'refused') ? exitCodes.failed : exitCodes.valid
}

function tableOf(explained: readonly ExplainedKeyword[], paint: Paint): string {
  const widest = Math.max(...Object.keys(words).map((how) => how.length))
  const lines = explained.map(({ pointer, how, note, severity }) => {
    const place = pointer === '' ? '(the schema)' : printable(pointer)
    const weight = severity === undefined ? '' : `  ${paint('yellow', severity)}`
    return `${paint(colours[how], how.padEnd(widest))}  ${place}${weight}${note === null ? '' : `  ${paint('dim', printable(note))}`}\n`
  })
  const counted = Object.entries(words).map(([how, word]) => ({ how, word, count: explained.filter((each) => each.how === how).length }))
  // Of a schema in a file there is never any in JavaScript.
  const counts = counted.filter(({ how, count }) => how !== 'javascript' || count > 0).map(({ count, word }) => `${count} ${word}`)
  return `${lines.join('')}${counts.join(', ')}\n`
}
