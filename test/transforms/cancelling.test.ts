import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { split, type ValidateOptions, validate } from 'sluice'
import t from 'tap'
import { header, lines, linesThat, object, person } from './people.js'
import { failureOf, runText, until } from './run-validate.js'

const api = new URL('../../../dist/index.js', import.meta.url).href
const block = lines(1, 1_000)
const panicAtBatch = (batch: number): ValidateOptions => ({ [Symbol.for('sluice.test.panicAtBatch')]: batch }) as ValidateOptions

function* endless() {
  yield header
  for (;;) yield block
}

function* endlessObjects() {
  for (let id = 1; ; id += 1) yield object(id)
}

/** Wraps `_transform`, so that it can be seen that each of its callbacks is called once, and never after another. */
function counting(stream: Writable) {
  const calls = { begun: 0, ended: 0, twice: 0, waiting: 0 }
  const inner = stream as unknown as Record<'_transform', (chunk: unknown, encoding: string, next: (...words: unknown[]) => void) => void>
  const transform = inner._transform
  inner._transform = function (chunk, encoding, next) {
    calls.begun += 1
    calls.waiting += 1
    let isCalled = false
    transform.call(this, chunk, encoding, (...words) => {
      if (isCalled) calls.twice += 1
      isCalled = true
      calls.ended += 1
      calls.waiting -= 1
      next(...words)
    })
  }
  return calls
}

const sink = (write: () => void = () => {}) => new Writable({ objectMode: true, write: (_chunk, _encoding, next) => next(void write()) })

t.test('the callback of each chunk is called once, however the stream goes', async (t) => {
  const ways: Record<string, { chunks: Iterable<unknown>; options?: ValidateOptions; code?: string; act?: (gate: Writable) => void }> = {
    'to its end': { chunks: [header, block, block] },
    'with a batch for each few records': { chunks: [header, block, block], options: { batchBytes: 50, threads: 2 } },
    'objects to their end': { chunks: Array.from({ length: 3_000 }, (_, at) => object(at)) },
    'into a panic': { chunks: endless(), options: { ...panicAtBatch(5), batchBytes: 4_000 }, code: 'native/panic' },
    'of objects into a panic': { chunks: endlessObjects(), options: panicAtBatch(3), code: 'native/panic' },
    'into a bad header': { chunks: ['id,id\n', block], code: 'header/duplicate' },
    'into a mix': { chunks: [header, {}], code: 'input/mixed' },
    'into what JSON has no word for': { chunks: [object(1), { id: Number.NaN }], code: 'input/record' },
    'to a limit': { chunks: endless(), options: { maxErrors: 1_000, batchBytes: 3_000 }, code: 'limit/max-errors' },
    'of objects to a limit': { chunks: endlessObjects(), options: { maxErrors: 1_000 }, code: 'limit/max-errors' },
    'until it is destroyed': {
      chunks: endless(),
      options: { batchBytes: 500 },
      code: 'ERR_STREAM_PREMATURE_CLOSE',
      act: (gate) => gate.destroy(),
    },
    'until it is destroyed with an error': {
      chunks: endlessObjects(),
      code: 'MINE',
      act: (gate) => gate.destroy(Object.assign(new Error(), { code: 'MINE' })),
    },
  }
  for (const [way, { chunks, options, code, act }] of Object.entries(ways)) {
    const gate = validate(person, options)
    const calls = counting(gate)
    let writes = 0
    const work = pipeline(
      Readable.from(chunks, { objectMode: true }),
      gate,
      sink(() => ++writes === 50 && act?.(gate)),
    )
    if (code) t.match(await failureOf(work), { code }, way)
    else await work
    t.match(calls, { twice: 0, waiting: 0, ended: calls.begun }, way)
    t.ok(gate.destroyed)
  }
})

t.test('an AbortSignal ends the stream, and its pipeline', async (t) => {
  for (const chunks of [endless(), endlessObjects()]) {
    const controller = new AbortController()
    let writes = 0
    const gate = validate(person, { signal: controller.signal })
    const source = Readable.from(chunks, { objectMode: true })
    const work = pipeline(
      source,
      gate,
      sink(() => ++writes === 20 && controller.abort()),
    )
    t.match(await failureOf(work), { name: 'AbortError', code: 'ABORT_ERR' })
    t.ok(source.destroyed)
    t.match(gate.report, { complete: false })
  }
  const aborted = validate(person, { signal: AbortSignal.abort() })
  const [error] = await once(aborted, 'error')
  t.match(error, { name: 'AbortError' }, 'also one that was aborted before')
})

t.test('an AbortSignal of the pipeline while split writes leaves no file', async (t) => {
  const folder = t.testdir()
  const controller = new AbortController()
  const targets = Object.fromEntries(['valid', 'invalid', 'violations', 'report'].map((part) => [part, `${folder}/${part}`]))
  const gate = validate(person)
  const sluice = split(targets)
  const closed = new Promise((resolve) => sluice.once('close', resolve))
  const work = pipeline(Readable.from(endless()), gate, sluice, { signal: controller.signal })
  await until(() => gate.counts.read > 50_000)
  t.equal(readdirSync(folder).length, 4, 'four temporary files')
  controller.abort()
  t.match(await failureOf(work), { name: 'AbortError' })
  // Node's pipeline does not wait for the streams it destroys.
  await closed
  t.strictSame(readdirSync(folder), [])
})

t.test('destroy() while nobody reads, before anything came, and twice', async (t) => {
  for (const chunk of [undefined, header, header + block]) {
    const gate = validate(person, { batchBytes: 100 })
    let told: unknown = 'nothing'
    if (chunk)
      gate.write(chunk, (error) => {
        told = error ?? 'written'
      })
    gate.destroy().destroy()
    await once(gate, 'close')
    t.ok(gate.destroyed)
    if (chunk) t.not(told, 'nothing', 'who wrote a chunk hears what became of it')
  }
})

t.test('the process ends by itself once a stream is destroyed, stopped or aborted', async (t) => {
  const program = `
    import { Readable } from 'node:stream'
    import { pipeline } from 'node:stream/promises'
    import { validate } from '${api}'
    const block = ${JSON.stringify(block)}
    const endless = function* () { yield 'id,name,age\\n'; for (;;) yield block }
    const aborter = new AbortController()
    const way = process.argv[1]
    const gate = validate(${JSON.stringify(person.toJSONSchema())}, { signal: aborter.signal, batchBytes: 10000, maxErrors: way === 'limit' ? 500 : undefined })
    if (way === 'idle') {
      gate.write('id,name,age\\n1,a,20\\n')
      setTimeout(() => gate.destroy(), 20)
      gate.on('close', () => console.log('closed'))
    } else {
      const work = pipeline(Readable.from(endless()), gate, async (output) => {
        let seen = 0
        for await (const chunk of output) {
          seen += 1
          if (seen < 20) continue
          if (way === 'abort') aborter.abort()
          if (way === 'destroy') gate.destroy()
        }
      })
      work.then(() => console.log('done'), (error) => console.log(error.code ?? error.message))
    }`
  const endings = { abort: 'ABORT_ERR', destroy: 'ERR_STREAM_PREMATURE_CLOSE', limit: 'limit/max-errors', idle: 'closed' }
  for (const [way, said] of Object.entries(endings)) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, way], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
    t.equal(output, `${said}\n`, way)
    t.equal(code, 0)
  }
})

t.test('no batch of a stream that was destroyed keeps the process alive', async (t) => {
  const program = `
    import { validate } from '${api}'
    for (let at = 0; at < 5000; at += 1) {
      const gate = validate({ properties: { a: { type: 'integer' } } }, { batchBytes: 100, threads: 4 })
      gate.on('error', () => {}).resume()
      gate.write('a\\n' + '1\\n'.repeat(200))
      gate.write('1\\n'.repeat(400))
      await new Promise((resolve) => (at % 2 ? setImmediate(resolve) : process.nextTick(resolve)))
      gate.destroy()
    }
    // It fires only where something else keeps the process alive, which would be for ever.
    setTimeout(() => process.exit(9), 20_000).unref()`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'ignore', 'inherit'] })
  const [code] = await once(child, 'exit')
  t.equal(code, 0)
})

t.test('a panic is an error of its own stream, while others go on', async (t) => {
  const others = Array.from({ length: 5 }, () => runText(header + block, person, { batchBytes: 2_000 }))
  const broken = [0, 1, 7].map((batch) => failureOf(runText(header + block, person, { batchBytes: 2_000, ...panicAtBatch(batch) })))
  for (const outcome of await Promise.all(others)) t.equal(outcome.valid, header + linesThat(true, 1, 1_000))
  for (const error of await Promise.all(broken)) {
    t.match(error, { name: 'SluiceError', code: 'native/panic', message: /a panic that a test asked for/ })
  }
  t.equal((await runText(header + block, person)).valid, header + linesThat(true, 1, 1_000), 'and those that come after')
})

t.test('two hundred at once give what one by one they give', async (t) => {
  const inputs = Array.from({ length: 200 }, (_, at) => header + lines(at * 50, at * 50 + 20 + at * 3))
  const options = { batchBytes: 1_000 }
  const together = await Promise.all(inputs.map((input) => runText(input, person, options)))
  for (const [at, input] of inputs.entries()) {
    const { valid, invalid, violations, counts } = await runText(input, person, options)
    const other = together[at]
    if (valid !== other?.valid || invalid !== other.invalid) t.fail(`the bytes of ${at} differ`)
    if (JSON.stringify([violations, counts]) !== JSON.stringify([other?.violations, other?.counts])) t.fail(`the verdicts of ${at} differ`)
  }
  t.pass('they are the same')
})
