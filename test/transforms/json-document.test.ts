import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Report, type SluiceError, split, type ValidateOptions, validate, verdictOf } from 'sluice'
import t from 'tap'
import { object, person } from './people.js'
import { failureOf, parsed, pieces, runBytes, runText, timeless } from './run-validate.js'

const path = '$.in_network[*]'
const people = Array.from({ length: 1_000 }, (_, at) => object(at + 1))
const lines = (records: readonly unknown[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('')
const drain = async (output: AsyncIterable<unknown>) => {
  for await (const _chunk of output);
}
const isValid = ({ age }: { age: number }) => age >= 18

t.test('a document of any layout gives the same records, in any pieces', async (t) => {
  for (const indent of [0, 2]) {
    const bytes = Buffer.from(JSON.stringify({ version: '1.0', in_network: people, rest: [{ in_network: [1] }] }, null, indent))
    const whole = await runBytes([bytes], person, { format: 'json', recordPath: path })
    t.match(whole.counts, { read: 1_000, valid: 900, invalid: 100, violations: 100 })
    const read = (lines: Buffer) => parsed(lines)
    t.strictSame(read(whole.valid), people.filter(isValid))
    t.strictSame(
      read(whole.invalid),
      people.filter((one) => !isValid(one)),
    )
    for (const violation of parsed(whole.violations)) {
      const index = violation.record - 1
      t.equal(violation.recordPointer, `/in_network/${index}`)
      t.equal(violation.pointer, '/age')
      const text = bytes.subarray(violation.byte as number).toString()
      t.ok(text.startsWith('{') && Number.parseInt(text.slice(text.indexOf(':') + 1), 10) === index + 1, `record ${index + 1} at its byte`)
    }
    t.match(whole.report, { format: 'json', bytes: bytes.length, complete: true })
    for (const [size, options] of [
      [1, {}],
      [13, { batchBytes: 100, threads: 3 }],
      [4_096, { batchLinesMax: 7 }],
    ] as const) {
      const other = await runBytes(pieces(bytes, size), person, { recordPath: path, ...options })
      t.strictSame({ ...other, report: timeless(other.report) }, { ...whole, report: timeless(whole.report) }, `${size} bytes`)
    }
  }
})

t.test('an array is the default, by its first byte, its name or format', async (t) => {
  const text = JSON.stringify(people.slice(0, 5))
  for (const options of [{}, { format: 'json' }, { recordPath: '$[*]' }] satisfies ValidateOptions[]) {
    const outcome = await runText(text, person, options)
    t.equal(outcome.valid, lines(people.slice(0, 5).filter(isValid)))
    t.equal(outcome.report.format, 'json')
  }
  const named = Object.assign(Readable.from([Buffer.from(' {"a":1}')]), { path: 'records.json' })
  const failure = await failureOf(pipeline(named, validate(person), drain))
  t.match(failure, { code: 'input/no-records', message: /is an object, not an array of records.*recordPath.*ndjson/ })
  t.equal((await runText('[]', person)).report.counts.read, 0)
  t.equal((await runText('', person, { format: 'json', allowEmpty: true })).report.complete, true)
})

t.test('refused records go in again as NDJSON', async (t) => {
  const outcome = await runText(JSON.stringify(people, null, 2), person)
  const again = await runText(outcome.invalid.replaceAll('"age": 7', '"age": 77'), person, { format: 'ndjson' })
  t.match(again.counts, { read: 100, valid: 100 })
})

t.test('options that cannot be are refused at once', async (t) => {
  const refused = (options: object, message: RegExp) =>
    t.throws(() => validate(person, options as ValidateOptions), { code: 'option/invalid', message })
  refused({ recordPath: '$..in_network' }, /descendants/)
  refused({ recordPath: '$.a[?@.b > 1]' }, /filter/)
  refused({ recordPath: '$[-1]' }, /from the end/)
  refused({ recordPath: '$[1:2]' }, /slice/)
  refused({ recordPath: 'a' }, /begins with \$/)
  refused({ recordPath: 7 }, /must be a string/)
  refused({ recordPath: '$[*]', format: 'csv' }, /the format is csv/)
  const objects = failureOf(pipeline(Readable.from([{ a: 1 }]), validate(person, { recordPath: '$' }), drain))
  t.match(await objects, { code: 'option/invalid', message: /objects came/ })
})

t.test('a broken document fails after all that came before the break', async (t) => {
  const text = JSON.stringify(people)
  for (const [broken, code, message] of [
    [`${text.slice(0, -1)} {"id":1}]`, 'input/json', /expected a comma or \], not \{\. 1000 records were read before/],
    [`${text.slice(0, -1)},{"id":[1}]`, 'input/json', /\} closes a bracket of the other kind.*is not certain/],
    [text.slice(0, -1), 'input/json', /it ends where a comma or \] was expected/],
    [`${text}x`, 'input/json', /nothing after the document/],
  ] as const) {
    for (const size of [1_000_000, 100]) {
      const check = validate(person, { batchBytes: 1_000, format: 'json' })
      const valid: string[] = []
      let report: Report | undefined
      const failure = await failureOf(
        pipeline(Readable.from(pieces(Buffer.from(broken), size), { objectMode: true }), check, async (output: AsyncIterable<Buffer>) => {
          for await (const chunk of output) {
            valid.push(chunk.toString())
            report ??= verdictOf(chunk)?.report
          }
        }),
      )
      t.match(failure, { code, message })
      t.equal(valid.join(''), lines(people.filter(isValid)), `${message}`)
      t.match(report, { complete: false, counts: { read: 1_000, invalid: 100 } })
      t.match(check.report, { complete: false, counts: { read: 1_000 } })
    }
  }
})

t.test('a break with the first records, and nothing where records were to be', async (t) => {
  t.match(await failureOf(runText('[,', person)), { code: 'input/json', message: /byte 1 \(line 1\): expected a value/ })
  t.match(await failureOf(runText(' ', person, { format: 'json' })), { code: 'input/json' })
  const failure = (await failureOf(runText('{"a":[1]}', person, { recordPath: '$.b[*]' }))) as SluiceError
  t.match(failure, { code: 'input/no-records', message: "The document has no records at $.b[*]: $ is there, but $['b'] is not." })
})

t.test('split writes violations and report of a broken document, and no half of a file', async (t) => {
  const folder = t.testdir({})
  const to = (name: string) => `${folder}/${name}`
  const source = Readable.from([Buffer.from(`${JSON.stringify(people)} x`)])
  const targets = { valid: to('valid'), invalid: to('invalid'), violations: to('violations'), report: to('report') }
  t.match(await failureOf(pipeline(source, validate(person), split(targets))), { code: 'input/json' })
  const { readdirSync, readFileSync } = await import('node:fs')
  t.strictSame(readdirSync(folder).sort(), ['report', 'violations'])
  t.match(JSON.parse(readFileSync(to('report'), 'utf8')), { complete: false, counts: { read: 1_000, invalid: 100 } })
  t.equal(parsed(readFileSync(to('violations'))).length, 100)
})

t.test('a record that is too large is one violation, in little memory', async (t) => {
  const large = JSON.stringify({ id: 2, name: 'x'.repeat(30_000_000) })
  const input = Buffer.from(`[{"id":1,"name":"a"},${large},{"id":3,"name":"c"}]`)
  const outcome = await runBytes(pieces(input, 65_536), person, { recordBytesMax: 1_000_000 })
  t.equal(outcome.valid.toString(), '{"id":1,"name":"a"}\n{"id":3,"name":"c"}\n')
  t.match(parsed(outcome.violations), [{ code: 'record/too-large', record: 2, byte: 21, recordPointer: '/1' }])
  t.ok(outcome.invalid.equals(Buffer.from(`${large}\n`)))
})

t.test('maxErrors stops within a document', async (t) => {
  const failure = await failureOf(runText(JSON.stringify(people), person, { maxErrors: 2 }))
  t.match(failure, { code: 'limit/max-errors', report: { counts: { read: 23, invalid: 3 } } })
})
