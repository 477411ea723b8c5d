// npm run bench -- [questions…] [--markdown] [--force] [--rounds N] [--records N] [--python]
import { parseArgs } from 'node:util'
import { preparePython } from './python.mjs'
import { render } from './tables.mjs'

const questions = [
  ...[
    'csv-file',
    'null-sink',
    'ndjson',
    'native',
    'keys',
    'threads',
    'memory',
    'event-loop',
    'all-bad',
    'objects',
    'records',
    'latency',
    'startup',
    'filter-1gb',
    'kafka',
    's3',
    'lambda',
  ],
]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    markdown: { type: 'boolean', default: false },
    force: { type: 'boolean', default: false },
    python: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    records: { type: 'string' },
  },
})
const unknown = positionals.find((name) => !questions.includes(name))
if (unknown) {
  console.error(`There is no question ${unknown}; there are ${questions.join(', ')}.`)
  process.exit(2)
}

const settings = {
  rounds: Number(values.rounds),
  force: values.force,
  ...(values.records && { records: Number(values.records) }),
  ...(values.python && { python: preparePython() }),
}
for (const name of positionals.length > 0 ? positionals : questions) {
  const { ask } = await import(`./${name}.mjs`)
  for (const section of await ask(settings)) console.log(render(section, values.markdown))
}
