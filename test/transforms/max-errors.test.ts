import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { isSluiceError, LimitError, reportSink, split, type ValidateOptions, validate } from 'sluice'
import t from 'tap'
import { header, lines, object, person } from './people.js'
import { failureOf, parsed, runText, timeless } from './run-validate.js'

const input = header + lines(1, 5_000)
const bytes = (text = input) => Readable.from([Buffer.from(text)])
const objects = () => Readable.from(Array.from({ length: 5_000 }, (_, at) => object(at + 1)))

async function stopped(text: string, options: ValidateOptions) {
  const error = await failureOf(runText(text, person, options))
  return error.report?.counts
}

t.test('stops at the record that passes the limit, whatever the batches', async (t) => {
  for (const options of [{}, { batchBytes: 40 }, { batchBytes: 1_000, threads: 1 }, { batchBytes: 777, threads: 4 }]) {
    t.strictSame(await stopped(input, { ...options, maxErrors: 5 }), { read: 53, valid: 47, invalid: 6, violations: 6 })
    t.strictSame(await stopped(input, { ...options, maxErrors: 0 }), { read: 3, valid: 2, invalid: 1, violations: 1 })
  }
  t.match(await runText(input, person, { maxErrors: 500 }), { counts: { invalid: 500 }, report: { complete: true } }, 'so many are allowed')
})

t.test('a percentage is asked from 1,000 records on, and at the end', async (t) => {
  t.match(await stopped(input, { maxErrors: '9%' }), { read: 1_003, invalid: 101 })
  t.match(await stopped(header + lines(1, 30), { maxErrors: '9.9%' }), { read: 30, invalid: 3 }, 'the input is short')
  t.match(await runText(input, person, { maxErrors: '10.1%' }), { report: { complete: true } })
  t.match(await runText(header + lines(1, 30), person, { maxErrors: '10%' }), { report: { complete: true } }, 'as many are allowed')
  t.match(await stopped(header + lines(1, 3), { maxErrors: '0%' }), { read: 3 })
})

t.test('the error tells what was found until then', async (t) => {
  const gate = validate(person, { maxErrors: 5 })
  const error = await failureOf(pipeline(bytes(), gate, new Writable({ objectMode: true, write: (_chunk, _encoding, next) => next() })))
  t.ok(error instanceof LimitError && isSluiceError(error, 'limit/max-errors'))
  t.equal(error.report, gate.report)
  t.match(error.report, { complete: false, counts: { read: 53, invalid: 6 }, bytes: Buffer.byteLength(header + lines(1, 53)) })
  t.match(error.message, /53 records, 6 of them invalid: more than maxErrors \(5\)/)
})

t.test('a reader by for await gets what came before, and then the error', async (t) => {
  for (const options of [{ maxErrors: 5 }, { maxErrors: 5, batchBytes: 50 }]) {
    const parts: Buffer[] = []
    const error = await failureOf(
      (async () => {
        for await (const part of bytes().pipe(validate(person, options))) parts.push(part)
      })(),
    )
    t.match(error, { code: 'limit/max-errors' })
    t.match(Buffer.concat(parts).toString().split('\n').length, 1 + 47 + 1)
    const seen: unknown[] = []
    const other = await failureOf(
      pipeline(objects(), validate(person, options), async (records) => {
        for await (const record of records) seen.push(record)
      }),
    )
    t.match(other, { code: 'limit/max-errors', report: { counts: { read: 53 } } })
    t.equal(seen.length, 47)
  }
  const none = failureOf(validate(person, { maxErrors: 0 }).end({ id: 1, name: '' }).toArray())
  t.match(await none, { code: 'limit/max-errors' }, 'also where no record is valid')
})

t.test('split: violations and report are written, valid and invalid are not there', async (t) => {
  for (const [source, name] of [
    [bytes, 'bytes'],
    [objects, 'objects'],
  ] as const) {
    for (const batchBytes of [200, 512 * 1024]) {
      const folder = t.testdir({ valid: 'old' })
      const path = (part: string) => join(folder, part)
      const sink = split({ valid: path('valid'), invalid: path('invalid'), violations: path('violations'), report: path('report') })
      const error = await failureOf(pipeline(source(), validate(person, { maxErrors: 20, batchBytes }), sink))
      t.match(error, { code: 'limit/max-errors' }, name)
      t.strictSame(readdirSync(folder).sort(), ['report', 'valid', 'violations'])
      t.equal(readFileSync(path('valid'), 'utf8'), 'old', 'what was there stays as it was')
      t.equal(parsed(readFileSync(path('violations'))).length, 21)
      const report = JSON.parse(readFileSync(path('report'), 'utf8'))
      t.match(report, { complete: false, counts: { read: 203, valid: 182, invalid: 21 } })
      t.strictSame(timeless(report), timeless(error.report as never))
    }
  }
})

t.test('split and reportSink on one stream both hear of it', async (t) => {
  const folder = t.testdir()
  const path = (part: string) => join(folder, part)
  for (const source of [bytes, objects]) {
    const gate = validate(person, { maxErrors: 20 })
    gate.pipe(reportSink(path('own')))
    const error = await failureOf(pipeline(source(), gate, split({ violations: path('violations'), report: path('report') })))
    t.match(error, { code: 'limit/max-errors' })
    t.equal(readFileSync(path('own'), 'utf8'), readFileSync(path('report'), 'utf8'))
    t.equal(parsed(readFileSync(path('violations'))).length, 21)
  }
})

t.test('a slow target of split is waited for', async (t) => {
  const folder = t.testdir()
  const slow = new PassThrough({ highWaterMark: 16 })
  const sink = split({ violations: slow, report: join(folder, 'report') })
  const work = failureOf(pipeline(bytes(), validate(person, { maxErrors: 20, batchBytes: 200 }), sink))
  let text = ''
  for await (const chunk of slow) {
    text += chunk
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  t.match(await work, { code: 'limit/max-errors' })
  t.equal(parsed(text).length, 21)
  t.ok(existsSync(join(folder, 'report')))
})
