import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { fileSink, fileSource, type Refusal, split, type Violation, validate } from 'sluice'
import t from 'tap'
import { header, lines, linesThat, object, person } from '../transforms/people.js'
import { failureOf, parsed } from '../transforms/run-validate.js'

const api = new URL('../../../dist/index.js', import.meta.url).href
const count = 3_000
const input = header + lines(1, count)
const bytes = () => Readable.from([Buffer.from(input)])
const objects = () => Readable.from(Array.from({ length: count }, (_, at) => object(at + 1)))

/** A Writable that keeps what it is given. */
function keeping(objectMode: boolean) {
  const chunks: unknown[] = []
  const stream = new Writable({ objectMode, write: (chunk, _encoding, next) => setImmediate(() => next(void chunks.push(chunk))) })
  return { stream, chunks, text: () => chunks.join('') }
}

t.test('any Writable is a target, and is ended', async (t) => {
  const [valid, invalid, violations, report] = [1, 2, 3, 4].map(() => keeping(false)) as ReturnType<typeof keeping>[]
  const targets = { valid: valid?.stream, invalid: invalid?.stream, violations: violations?.stream, report: report?.stream }
  await pipeline(bytes(), validate(person, { batchBytes: 1_000 }), split(targets))
  t.equal(valid?.text(), header + linesThat(true, 1, count))
  t.equal(invalid?.text(), header + linesThat(false, 1, count))
  t.equal(parsed(violations?.text() ?? '').length, count / 10)
  t.match(JSON.parse(report?.text() ?? ''), { counts: { read: count }, complete: true })
  t.ok(Object.values(targets).every((stream) => stream?.writableFinished))
})

t.test('what has no target is dropped', async (t) => {
  await pipeline(bytes(), validate(person), split({}))
  await pipeline(objects(), validate(person), split({}))
  const only = keeping(false)
  await pipeline(bytes(), validate(person), split({ invalid: only.stream, valid: undefined }))
  t.equal(only.text(), header + linesThat(false, 1, count))
})

t.test('targets in object mode get objects', async (t) => {
  const [valid, invalid, violations, report] = [1, 2, 3, 4].map(() => keeping(true)) as [Kept, Kept, Kept, Kept]
  await pipeline(
    objects(),
    validate(person),
    split({ valid: valid.stream, invalid: invalid.stream, violations: violations.stream, report: report.stream }),
  )
  t.equal(valid.chunks.length, count * 0.9)
  t.strictSame(valid.chunks[0], object(1))
  t.strictSame(
    (invalid.chunks as Refusal[]).slice(0, 2).map(({ record, index }) => [record, index]),
    [
      [object(3), 2],
      [object(13), 12],
    ],
  )
  t.equal((violations.chunks as Violation[])[5]?.record, 53)
  t.match(report.chunks, [{ counts: { read: count, invalid: count / 10 }, complete: true }])
})

type Kept = ReturnType<typeof keeping>

t.test('a file may be corrected in place: the input is a target', async (t) => {
  const folder = t.testdir({ 'in.csv': input })
  const path = join(folder, 'in.csv')
  await pipeline(fileSource(path), validate(person), split({ valid: path, invalid: join(folder, 'bad.csv') }))
  t.equal(readFileSync(path, 'utf8'), header + linesThat(true, 1, count))
  t.strictSame(readdirSync(folder).sort(), ['bad.csv', 'in.csv'])
})

t.test('where nothing is invalid the files are there, and say so', async (t) => {
  const folder = t.testdir()
  const path = (name: string) => join(folder, name)
  await pipeline(Readable.from([header + lines(4, 6)]), validate(person), split({ invalid: path('bad'), violations: path('why') }))
  t.equal(readFileSync(path('bad'), 'utf8'), header)
  t.equal(readFileSync(path('why'), 'utf8'), '')
})

t.test('targets that cannot be are refused at once', (t) => {
  t.throws(() => split({ good: 'a' } as never), { code: 'option/invalid', message: /"good"/ })
  for (const target of [1, {}, null, true, Readable.from([])]) t.throws(() => split({ valid: target } as never), { code: 'option/invalid' })
  t.throws(() => split({ valid: 'a', report: 'a' }), { code: 'sink/same-path', message: /valid and report/ })
  t.throws(() => split({ valid: 'a', report: './a' }), { code: 'sink/same-path' }, 'by another way of writing it')
  const stream = new PassThrough()
  t.throws(() => split({ valid: stream, invalid: stream }), { code: 'sink/same-path' }, 'or one stream twice')
  for (const none of [null, undefined, 'path']) t.throws(() => split(none as never), { code: 'option/invalid' }, String(none))
  t.end()
})

t.test('two outputs on one file are refused, however it is called', async (t) => {
  const folder = t.testdir({ 'a.csv': 'old', real: {} })
  const path = (name: string) => join(folder, name)
  for (const [link, to] of [
    ['b.csv', 'a.csv'],
    ['to-new', 'real/new'],
    ['folder', 'real'],
    ['one', 'two'],
    ['two', 'three'],
  ] as const) {
    symlinkSync(to, path(link))
  }
  for (const [valid, invalid] of [
    ['a.csv', 'b.csv'],
    ['to-new', 'real/new'],
    ['folder/x', 'real/x'],
    ['one', 'three'],
    ['real/../two', 'one'],
  ].map((names) => names.map(path)) as [string, string][]) {
    t.throws(() => split({ valid, invalid }), { code: 'sink/same-path', message: /valid and invalid are one file/ }, `${valid} ${invalid}`)
    const sink = fileSink(valid)
    t.throws(() => split({ valid: sink, invalid }), { code: 'sink/same-path' }, 'as a sink')
    await once(sink.destroy(), 'close')
  }
  await pipeline(bytes(), validate(person), split({ valid: '/dev/null', invalid: '/dev/null' }))
  t.equal(readFileSync(path('a.csv'), 'utf8'), 'old')
})

t.test('a path that cannot be written is told of before anything is read, and leaves nothing', async (t) => {
  const folder = t.testdir({ folder: {} })
  let asked = 0
  const source = new Readable({ read: () => void ++asked })
  for (const bad of ['folder', 'missing/out']) {
    const targets = { valid: join(folder, 'valid'), invalid: join(folder, bad), report: join(folder, 'report') }
    const sink = split(targets)
    const closed = new Promise((resolve) => sink.once('close', resolve))
    t.match(await failureOf(pipeline(asked === 0 ? source : bytes(), validate(person), sink)), { code: 'sink/unwritable' })
    await closed
    t.strictSame(readdirSync(folder), ['folder'])
  }
})

t.test('when one target fails, all are let go', async (t) => {
  for (const source of [bytes, objects]) {
    const folder = t.testdir()
    const failing = new Writable({ write: (_chunk, _encoding, next) => next(Object.assign(new Error('full'), { code: 'ENOSPC' })) })
    const own = new PassThrough()
    const sink = split({ valid: join(folder, 'valid'), violations: failing, report: join(folder, 'report'), invalid: own.resume() })
    const closed = new Promise((resolve) => sink.once('close', resolve))
    t.match(await failureOf(pipeline(source(), validate(person), sink)), { code: 'ENOSPC' })
    await closed
    t.strictSame(readdirSync(folder), [])
    t.ok(own.destroyed)
  }
})

t.test('when the source fails, no file appears', async (t) => {
  const folder = t.testdir({ valid: 'old' })
  const source = Readable.from(
    (function* () {
      yield header
      yield lines(1, 20_000)
      throw Object.assign(new Error('gone'), { code: 'GONE' })
    })(),
  )
  const sink = split({ valid: join(folder, 'valid'), report: join(folder, 'report') })
  const closed = new Promise((resolve) => sink.once('close', resolve))
  t.match(await failureOf(pipeline(source, validate(person), sink)), { code: 'GONE' })
  await closed
  t.strictSame(readdirSync(folder), ['valid'])
  t.equal(readFileSync(join(folder, 'valid'), 'utf8'), 'old')
})

t.test('a slow target holds everything back', async (t) => {
  const slow = new PassThrough({ highWaterMark: 1 })
  const gate = validate(person, { batchBytes: 500, threads: 1 })
  const work = pipeline(bytes(), gate, split({ violations: slow }))
  await new Promise((resolve) => setTimeout(resolve, 100))
  t.ok(gate.counts.read < count / 2, `${gate.counts.read} records were checked`)
  t.equal(parsed(await text(slow)).length, count / 10)
  await work
})

t.test('chunks that do not come straight from validate()', async (t) => {
  const between = () => new PassThrough({ objectMode: true })
  t.match(await failureOf(pipeline(bytes(), split({}))), { code: 'sink/no-verdict' })
  t.match(await failureOf(pipeline(Readable.from([]), split({}))), { code: 'sink/no-verdict' })
  t.match(await failureOf(pipeline(objects(), split({}))), { code: 'sink/no-verdict' })
  t.match(await failureOf(pipeline(objects(), validate(person), between(), split({}))), { code: 'sink/no-verdict' })
  const copied = new PassThrough({ objectMode: true, transform: (chunk, _encoding, next) => next(null, Buffer.from(chunk)) })
  t.match(await failureOf(pipeline(bytes(), validate(person), copied, split({}))), { code: 'sink/no-verdict' })
  const kept = keeping(false)
  await pipeline(bytes(), validate(person), between(), split({ invalid: kept.stream }))
  t.equal(kept.text(), header + linesThat(false, 1, count), 'the very chunks still carry their verdicts')
})

t.test('chunks written by hand', async (t) => {
  const kept = keeping(false)
  const sink = split({ invalid: kept.stream })
  for await (const chunk of bytes().pipe(validate(person))) if (!sink.write(chunk)) await once(sink, 'drain')
  sink.end()
  await once(sink, 'finish')
  t.equal(kept.text(), header + linesThat(false, 1, count))
})

t.test('the streams of the process itself are written, and stay open', async (t) => {
  const folder = t.testdir()
  writeFileSync(join(folder, 'in.csv'), input)
  const program = `
    import { createReadStream } from 'node:fs'
    import { pipeline } from 'node:stream/promises'
    import { split, validate } from '${api}'
    await pipeline(createReadStream('in.csv'), validate(${JSON.stringify(person.toJSONSchema())}), split({ valid: process.stdout, invalid: process.stderr }))
    console.log('still open')`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  t.equal(output, `${header}${linesThat(true, 1, count)}still open\n`)
  t.equal(errors, header + linesThat(false, 1, count))
  t.equal(code, 0)
})

t.test('a file stream of Node is a target like any other', async (t) => {
  const path = join(t.testdir(), 'out')
  await pipeline(bytes(), validate(person), split({ valid: createWriteStream(path) }))
  t.equal(readFileSync(path, 'utf8'), header + linesThat(true, 1, count))
})

/** A Writable that destroys itself at its last write but two, or at its last, and never finishes. */
function leaving(when: 'in a write' | 'between writes' | 'after its last write', objectMode: boolean) {
  let taken = 0
  const stream: Writable = new Writable({
    objectMode,
    highWaterMark: 1,
    write(_chunk, _encoding, next) {
      taken += 1
      if (when === 'in a write' && taken === 3) stream.destroy()
      if (when === 'between writes' && taken === 3) setImmediate(() => stream.destroy())
      setImmediate(next)
    },
    final: (next) => (when === 'after its last write' ? stream.destroy() : next()),
  })
  return stream
}

t.test('a target that is closed before it has taken everything fails the stream', async (t) => {
  const parts = ['valid', 'invalid', 'violations', 'report'] as const
  const premature = (part: string) => ({ code: 'ERR_STREAM_PREMATURE_CLOSE', message: new RegExp(`target ${part} was closed before`) })
  const small = () => validate(person, { batchBytes: 500 })
  for (const part of parts) {
    for (const when of ['in a write', 'between writes', 'after its last write'] as const) {
      if (part === 'report' && when !== 'after its last write') continue
      for (const objectMode of [true, false]) {
        const work = pipeline(objects(), small(), split({ [part]: leaving(when, objectMode) }))
        t.match(await failureOf(work), premature(part), `${part}, ${when}, of ${objectMode ? 'objects' : 'lines'}`)
      }
      t.match(await failureOf(pipeline(bytes(), small(), split({ [part]: leaving(when, false) }))), premature(part), `${part}, ${when}`)
    }
    const closed = new PassThrough()
    closed.destroy()
    t.match(await failureOf(pipeline(bytes(), small(), split({ [part]: closed }))), premature(part), `${part}, closed before`)
  }
})

t.test('a target that is often full has no more listeners for it', async (t) => {
  for (const objectMode of [true, false]) {
    let drains = 0
    const stream = new Writable({ objectMode, highWaterMark: 1, write: (_chunk, _encoding, next) => setImmediate(next) })
    let most = 0
    stream.on('drain', () => {
      drains += 1
      most = Math.max(most, ...['close', 'error', 'drain', 'finish'].map((event) => stream.listenerCount(event)))
    })
    await pipeline(objects(), validate(person), split({ valid: stream }))
    t.ok(drains > 1_000, `drained ${drains} times`)
    t.ok(most <= 4, `${most} listeners of one event at most`)
  }
})
