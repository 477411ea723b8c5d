import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { type JSONSchemaObject, validate } from 'sluice'
import t from 'tap'
import { parsed, pieces, runBytes } from '../transforms/run-validate.js'
import { fetch, skipWithoutPip } from './fetch.js'
import { schemaOf, vegaPath } from './known.js'

t.test('airports: flights from and to what is in another file', async (t) => {
  const toAirport = (fields: string) => ({ fields, reference: { resource: 'airports', fields: 'iata' } })
  const schema: JSONSchemaObject = {
    type: 'object',
    properties: { origin: { type: 'string' }, destination: { type: 'string' }, count: { type: 'integer' } },
    'x-foreignKeys': [toAirport('origin'), toAirport('destination')],
  }
  const flights = readFileSync(vegaPath('flights-airport.csv'))
  const { report } = await runBytes(pieces(flights, 4_096), schema, { resources: { airports: vegaPath('airports.csv') } })
  t.match(report.counts, { read: 5_366, valid: 5_366, invalid: 0, violations: 0 })

  // The same file, without the airports of one state.
  const lines = readFileSync(vegaPath('airports.csv'), 'utf8').split(/(?<=\n)/)
  const inTexas = (line: string) => line.includes(',TX,USA,')
  const others = lines.filter((line) => !inTexas(line)).join('')
  const codes = new Set(lines.filter(inTexas).map((line) => line.split(',')[0]))
  const schemaResources = { airports: { source: Readable.from([Buffer.from(others)]) } }
  const { violations } = await runBytes([flights], schema, { resources: schemaResources })
  const expected = flights
    .toString()
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .flatMap((line, at) => {
      const [origin = '', destination = ''] = line.split(',')
      return [
        ...(codes.has(origin) ? [`${at + 1} origin ${origin}`] : []),
        ...(codes.has(destination) ? [`${at + 1} destination ${destination}`] : []),
      ]
    })
  t.ok(expected.length > 100)
  t.strictSame(
    parsed(violations).map(({ record, field, value }) => `${record} ${field} ${value}`),
    expected,
  )
})

t.test('flights by the airlines that fly most', { skip: skipWithoutPip, timeout: 240_000 }, async (t) => {
  const bytes = readFileSync(fetch('flights'))
  const [head = '', ...lines] = bytes.toString().trimEnd().split('\n')
  const at = head.split(',').indexOf('carrier')
  const counts = new Map<string, number>()
  for (const line of lines) {
    const carrier = line.split(',')[at] as string
    counts.set(carrier, (counts.get(carrier) ?? 0) + 1)
  }
  const most = [...counts].filter(([, count]) => count > 10_000)
  const known = most.reduce((sum, [, count]) => sum + count, 0)
  const airlines = `name,code\n${most.map(([carrier]) => `"The airline, ${carrier}",${carrier}\n`).join('')}`
  const plain = schemaOf('flights') as JSONSchemaObject
  const schema: JSONSchemaObject = {
    ...plain,
    'x-foreignKeys': [{ fields: 'carrier', reference: { resource: 'airlines', fields: 'code' } }],
  }
  for (const threads of [1, 3]) {
    const { report } = await runBytes([bytes], schema, {
      missing: [],
      threads,
      resources: { airlines: Readable.from([Buffer.from(airlines)]) },
    })
    const unknown = report.rules.find(({ code }) => code === 'reference/unknown')
    t.equal(unknown?.count, lines.length - known)
  }
  t.throws(() => validate(schema), { code: 'reference/missing' })
})
