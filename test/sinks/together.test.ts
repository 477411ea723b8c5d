import { once } from 'node:events'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { checkpoint, fileSource, split, validate } from 'sluice'
import t from 'tap'
import { header, lines, person } from '../transforms/people.js'
import { failureOf } from '../transforms/run-validate.js'

const input = header + lines(1, 3_000)
const bytes = () => Readable.from([Buffer.from(input)])
const filesIn = (folder: string) => ({
  invalid: join(folder, 'bad.csv'),
  violations: join(folder, 'why.ndjson.gz'),
  report: join(folder, 'report.json'),
})
const isTemporary = (name: string) => name.endsWith('.tmp')

/** A Writable that holds back its last write, or its end, until `letGo` is called. */
function holding(what: 'write' | 'end') {
  let letGo = () => {}
  const held = new Promise<void>((resolve) => {
    letGo = resolve
  })
  const stream = new Writable({
    highWaterMark: 1024 * 1024,
    write: (_chunk, _encoding, next) => (what === 'write' ? void held.then(() => next()) : next()),
    final: (next) => void held.then(() => next()),
  })
  return { stream, letGo }
}

for (const what of ['write', 'end'] as const) {
  t.test(`no file gets its name while another target holds back its ${what}`, async (t) => {
    const folder = t.testdir({ 'bad.csv': 'old' })
    const { stream, letGo } = holding(what)
    const work = pipeline(bytes(), validate(person), split({ valid: stream, ...filesIn(folder) }))
    await delay(200)
    t.equal(fs.readdirSync(folder).filter(isTemporary).length, 3)
    t.strictSame(
      fs.readdirSync(folder).filter((name) => !isTemporary(name)),
      ['bad.csv'],
    )
    t.equal(fs.readFileSync(join(folder, 'bad.csv'), 'utf8'), 'old')
    letGo()
    await work
    t.strictSame(fs.readdirSync(folder).sort(), ['bad.csv', 'report.json', 'why.ndjson.gz'])
  })

  t.test(`a run that is aborted while a target holds back its ${what} leaves no file`, async (t) => {
    const folder = t.testdir({ 'bad.csv': 'old' })
    const aborter = new AbortController()
    const sink = split({ valid: holding(what).stream, ...filesIn(folder) })
    const closed = once(sink, 'close').catch(() => {})
    const work = pipeline(bytes(), validate(person), sink, { signal: aborter.signal })
    setTimeout(() => aborter.abort(), 200)
    t.match(await failureOf(work), { name: 'AbortError' })
    await closed
    t.strictSame(fs.readdirSync(folder), ['bad.csv'])
    t.equal(fs.readFileSync(join(folder, 'bad.csv'), 'utf8'), 'old')
  })
}

for (const lost of ['bad.csv', 'why.ndjson.gz', 'report.json']) {
  t.test(`where the temporary file of ${lost} was removed, no other gets its name`, async (t) => {
    const folder = t.testdir()
    const source = new PassThrough()
    const sink = split({ valid: join(folder, 'ok.csv'), ...filesIn(folder) })
    const closed = once(sink, 'close').catch(() => {})
    const work = failureOf(pipeline(source, validate(person), sink))
    source.write(input)
    while (fs.readdirSync(folder).length < 4) await delay(5)
    for (const name of fs.readdirSync(folder)) if (name.startsWith(`.${lost}`)) fs.rmSync(join(folder, name))
    source.end()
    t.match(await work, { code: 'sink/unwritable', message: /its temporary file .* was removed during the run; run again/ })
    await closed
    t.strictSame(fs.readdirSync(folder), [])
  })
}

t.test('with a checkpoint, too, no file gets its name where that of another is lost', async (t) => {
  const folder = t.testdir({ in: input })
  const kept = checkpoint(join(folder, 'run'))
  const { invalid, report } = filesIn(folder)
  const check = validate(person, { checkpoint: kept })
  check.once('data', () => {
    for (const name of fs.readdirSync(folder)) if (name.startsWith('.bad.csv')) fs.rmSync(join(folder, name))
  })
  const sink = split({ valid: join(folder, 'ok.csv'), invalid, report }, { checkpoint: kept })
  const work = pipeline(fileSource(join(folder, 'in'), { checkpoint: kept }), check, sink)
  t.match(await failureOf(work), { code: 'checkpoint/lost', message: /bad\.csv/ })
  await kept.closed
  t.notOk(fs.readdirSync(folder).some((name) => ['ok.csv', 'bad.csv', 'report.json'].includes(name)))
})
