import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { PassThrough, Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { validate, verdictOf } from 'sluice'
import t from 'tap'
import { header, line, lines, linesThat, person } from './people.js'
import { failureOf, pieces, runBytes, runText, timeless, until } from './run-validate.js'

const input = header + lines(1, 500)
const valid = header + linesThat(true, 1, 500)
const drain = (stream: NodeJS.ReadableStream) => stream.resume()

t.test('chunks may be texts, in any encoding, Buffers or other arrays of bytes', async (t) => {
  const text = `${header}1,Zoë ☃ 𝄞,20\n2,Ada,7\n`
  const outcome = await runText(text, person)
  t.equal(outcome.valid, `${header}1,Zoë ☃ 𝄞,20\n`)
  for (const encoding of ['utf8', 'latin1', 'hex', 'base64'] as const) {
    const stream = validate(person)
    stream.setDefaultEncoding(encoding)
    stream.write(Buffer.from(text).toString(encoding), encoding)
    stream.end()
    t.equal((await stream.toArray()).join(''), outcome.valid, encoding)
  }
  const bytes = new Uint8Array(Buffer.from(text))
  const within = new Uint8Array(bytes.length + 9)
  within.set(bytes, 4)
  for (const chunk of [bytes, within.subarray(4, bytes.length + 4)])
    t.equal((await runBytes([chunk], person)).valid.toString(), outcome.valid)
})

t.test('one byte at a time, and everything at once', async (t) => {
  const bytes = Buffer.from(input)
  const whole = await runBytes([bytes], person)
  t.equal(whole.valid.toString(), valid)
  for (const size of [1, 2, 7, 4096]) {
    const other = await runBytes(pieces(bytes, size), person, { batchBytes: 300 })
    t.strictSame({ ...other, report: timeless(other.report) }, { ...whole, report: timeless(whole.report) }, `${size} bytes`)
  }
})

t.test('empty chunks change nothing', async (t) => {
  const none = Buffer.alloc(0)
  const outcome = await runBytes([none, Buffer.from(header.slice(0, 4)), none, Buffer.from(header.slice(4) + line(1)), none], person)
  t.equal(outcome.valid.toString(), header + line(1))
  t.equal(outcome.counts.read, 1)
})

t.test('a chunk larger than many batches', async (t) => {
  const block = Buffer.from(lines(1, 1_000))
  const times = Math.ceil(50e6 / block.length)
  const chunk = Buffer.concat([Buffer.from(header), ...Array<Buffer>(times).fill(block)])
  let bytes = 0
  const gate = validate(person)
  await pipeline(Readable.from([chunk], { objectMode: true }), gate, async (output: AsyncIterable<Buffer>) => {
    for await (const part of output) bytes += part.length
  })
  t.match(gate.counts, { read: times * 1_000, valid: times * 900, invalid: times * 100, violations: times * 100 })
  t.equal(bytes, header.length + times * Buffer.byteLength(linesThat(true, 1, 1_000)))
  t.equal(gate.bytesRead, chunk.length)
})

t.test('a record larger than many batches', async (t) => {
  const long = `1,${'x'.repeat(100_000)},40\n`
  const outcome = await runBytes(pieces(Buffer.from(header + long + line(2)), 1_000), person, { batchBytes: 64 })
  t.equal(outcome.valid.toString(), header + long + line(2))
})

t.test('the writer may reuse its chunk once it is told that it was taken', async (t) => {
  const stream = validate(person, { batchBytes: 1_000, threads: 2 })
  const output = stream.toArray()
  const shared = Buffer.alloc(77)
  for (const piece of pieces(Buffer.from(input), shared.length)) {
    piece.copy(shared)
    await new Promise<void>((taken) => stream.write(shared.subarray(0, piece.length), () => taken()))
    randomBytes(shared.length).copy(shared)
  }
  stream.end()
  t.equal(Buffer.concat(await output).toString(), valid)
})

t.test('for await, and data events without anyone who asks for verdicts', async (t) => {
  const parts: Buffer[] = []
  for await (const chunk of Readable.from([Buffer.from(input)]).pipe(validate(person))) parts.push(chunk)
  t.equal(Buffer.concat(parts).toString(), valid)
  const piped = new PassThrough()
  Readable.from([input]).pipe(validate(person)).pipe(piped)
  t.equal((await piped.toArray()).join(''), valid)
})

t.test('counts, bytesRead and report', async (t) => {
  const gate = validate(person)
  t.strictSame(gate.counts, { read: 0, valid: 0, invalid: 0, violations: 0 })
  t.equal(gate.report, undefined)
  const verdicts: unknown[] = []
  gate.on('data', (chunk) => verdicts.push(verdictOf(chunk)))
  gate.write(header + lines(1, 3))
  await until(() => gate.counts.read === 3)
  t.strictSame(gate.counts, { read: 3, valid: 2, invalid: 1, violations: 1 })
  t.equal(gate.bytesRead, header.length + lines(1, 3).length)
  t.equal(gate.report, undefined, 'not before the end')
  gate.end(lines(4, 5))
  await once(gate, 'end')
  t.match(gate.report, { bytes: gate.bytesRead, counts: { read: 5, valid: 4, invalid: 1, violations: 1 }, complete: true })
  t.strictSame((verdicts.at(-1) as { report: unknown }).report, gate.report, 'the last chunk carries it')
  t.ok((gate.report?.startedAt as string) <= (gate.report?.endedAt as string))
  t.equal(verdictOf('text'), undefined)
  t.equal(verdictOf(Buffer.from('a')), undefined)
  gate.counts.read = 0
  t.equal(gate.counts.read, 5, 'what is given is a copy')
})

t.test('a record that comes alone does not wait for a batch to fill', async (t) => {
  const gate = validate(person, { flushMs: 1 })
  let seen = ''
  gate.on('data', (chunk) => {
    seen += chunk
  })
  gate.write(header + line(1))
  await until(() => seen === header + line(1))
  gate.write(line(2) + line(4).slice(0, 3))
  await until(() => seen === header + line(1) + line(2))
  gate.write(line(4).slice(3))
  await until(() => seen.endsWith(line(4)))
  t.pass('each came out before the end of the input')
  gate.destroy()
})

t.test('nor does what is left over when a batch has filled meanwhile', async (t) => {
  const gate = validate(person, { flushMs: 100, batchBytes: 64 })
  let seen = ''
  gate.on('data', (chunk) => {
    seen += chunk
  })
  gate.write(header + line(1))
  // 64 bytes and three records more: the batch is handed on before the timer fires, and these three stay behind.
  gate.write(lines(2, 8))
  await until(() => seen === header + linesThat(true, 1, 8))
  t.pass('all came out before the end of the input')
  gate.destroy()
})

t.test('nor what is left over when all slots were taken at its time', async (t) => {
  const gate = validate(person, { flushMs: 5, batchBytes: 32, threads: 1 })
  gate.write(header + lines(1, 8))
  await new Promise((resolve) => setTimeout(resolve, 50))
  let seen = ''
  gate.on('data', (chunk) => {
    seen += chunk
  })
  await until(() => seen === header + linesThat(true, 1, 8))
  t.pass('all came out before the end of the input')
  gate.destroy()
})

t.test('an empty input is an error, unless that is allowed', async (t) => {
  for (const chunks of [[], [Buffer.alloc(0)]]) {
    t.match(await failureOf(runBytes(chunks, person)), { code: 'input/empty' })
    const { valid, report } = await runBytes(chunks, person, { allowEmpty: true })
    t.equal(valid.length, 0)
    t.match(report, { counts: { read: 0 }, complete: true })
  }
  const alone = await runText(header, person)
  t.match(alone, { valid: header, invalid: header, counts: { read: 0 }, report: { complete: true } }, 'a header alone is no error')
  t.match(await runText(header.trimEnd(), person), { valid: header.trimEnd(), counts: { read: 0 } })
  t.match(await failureOf(runText('\ufeff', person)), { code: /^(input\/empty|header\/malformed)$/ })
})

t.test('bytes and objects in one stream are an error', async (t) => {
  const bytesFirst = [Buffer.from(header), { id: 1 }]
  const objectsFirst = [{ id: 1, name: 'a' }, 'text']
  for (const chunks of [bytesFirst, objectsFirst]) t.match(await failureOf(runBytes(chunks, person)), { code: 'input/mixed' })
})

t.test('what is wrong with the header is told before any record comes out', async (t) => {
  const strict = { ...person.toJSONSchema(), additionalProperties: false }
  const cases = [
    ['header/missing', 'id,age\n'],
    ['header/extra', 'id,name,age,other\n'],
    ['header/duplicate', 'id,name,id\n'],
    ['header/case', 'ID,name,age\n'],
    ['header/case', 'id, name,age\n'],
    ['header/malformed', 'id,"name"x,age\n'],
    ['header/malformed', '\nid,name,age\n'],
    ['input/encoding', Buffer.from('fffe000069000000', 'hex')],
  ] as const
  for (const [code, text] of cases) {
    let came = 0
    const sink = new Writable({ objectMode: true, write: (_chunk, _encoding, next) => next(void ++came) })
    const chunks = [Buffer.concat([Buffer.from(text), Buffer.from(lines(1, 9))])]
    t.match(await failureOf(pipeline(Readable.from(chunks), validate(strict), sink)), { code }, String(text))
    t.equal(came, 0)
  }
})

t.test('the source is named by what is piped in, or by the option', async (t) => {
  const bad = header + line(3)
  const named = Object.assign(Readable.from([bad]), { path: '/data/in.csv' })
  const gate = validate(person)
  drain(named.pipe(gate))
  await once(gate, 'end')
  t.match(gate.report, { source: '/data/in.csv', sources: ['/data/in.csv'], rules: [{ samples: [{ source: '/data/in.csv' }] }] })
  t.match((await runText(bad, person, { source: 'given' })).violations, [{ source: 'given' }])
  t.match((await runText(bad, person)).report, { source: null, sources: [] })
})
