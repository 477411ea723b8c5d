import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable, Transform, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileSink, type Split, split, validate, verdictOf } from 'sluice'
import t from 'tap'
import { header, lines, linesThat, person } from '../transforms/people.js'

const count = 20_000
const input = header + lines(1, count)
const bytes = () => Readable.from([Buffer.from(input)])
const checked = () => validate(person, { batchBytes: 50_000 })

/** The chunks that a Writable is given, and that nobody was told of. */
function chunksOf(sink: Writable): Buffer[] {
  const chunks: Buffer[] = []
  const write = sink.write.bind(sink)
  sink.write = ((chunk: Buffer, ...rest: []) => {
    chunks.push(chunk)
    return write(chunk, ...rest)
  }) as typeof sink.write
  return chunks
}

const sizes = (chunks: Buffer[]) => chunks.reduce((size, chunk) => size + chunk.length, 0)
const refusedSizes = (chunks: Buffer[]) => chunks.reduce((size, chunk) => size + (verdictOf(chunk)?.invalid.length ?? 0), 0)

t.test('what our own sinks have written, or have no target for, is freed', async (t) => {
  const folder = t.testdir()
  const written = split({ valid: join(folder, 'valid.csv'), invalid: join(folder, 'invalid.csv.gz') })
  const unwritten = split({})
  const alone = fileSink(join(folder, 'alone.csv'))
  for (const sink of [written, unwritten, alone] as Writable[]) {
    const chunks = chunksOf(sink)
    await pipeline(bytes(), checked(), sink)
    t.ok(chunks.length > 5)
    // The first chunk was joined to the header row, so its bytes are not the addon's.
    t.equal(sizes(chunks.slice(1)), 0)
    if (sink !== alone) t.equal(refusedSizes(chunks.slice(1)), 0)
  }
  const expected = header + linesThat(true, 1, count)
  t.equal(readFileSync(join(folder, 'valid.csv'), 'utf8'), expected)
  t.equal(readFileSync(join(folder, 'alone.csv'), 'utf8'), expected)
})

t.test('what another Writable was given stays', async (t) => {
  const kept: Buffer[] = []
  const keeping = () => new Writable({ write: (chunk, _encoding, next) => next(void kept.push(chunk)) })
  await pipeline(bytes(), checked(), split({ valid: keeping() }))
  await pipeline(bytes(), checked(), keeping())
  t.equal(Buffer.concat(kept).toString(), (header + linesThat(true, 1, count)).repeat(2))
})

t.test('memory that is used again holds nobody else’s bytes', async (t) => {
  const many = 60_000
  const whole = Buffer.from(header + lines(1, many))
  const expected = header + linesThat(true, 1, many)
  const folder = t.testdir()
  const rounds = [0, 1, 2, 3].map((round) => {
    const kept: Buffer[] = []
    const keeping = new Writable({ objectMode: true, write: (chunk, _encoding, next) => next(void kept.push(chunk.subarray())) })
    return { kept, keeping, file: join(folder, `${round}.csv`) }
  })
  const sinks = rounds.flatMap(({ keeping, file }): Writable[] => [split({ valid: file }), keeping])
  await Promise.all(sinks.map((sink) => pipeline(Readable.from([whole]), validate(person, { batchBytes: 100_000 }), sink)))
  for (const { kept, file } of rounds) {
    t.equal(Buffer.concat(kept).toString(), expected)
    t.equal(readFileSync(file, 'utf8'), expected)
  }
})

t.test('what somebody else has read stays', async (t) => {
  const whole = sizes([Buffer.from(header + linesThat(true, 1, count))])
  const readers: Record<string, (stream: ReturnType<typeof checked>, keep: (chunk: Buffer) => void) => void> = {
    'a listener before the pipe': (stream, keep) => stream.on('data', keep).pipe(end()),
    'a listener after the pipe': (stream, keep) => void (stream.pipe(end()), stream.on('data', keep)),
    'a listener that left': (stream, keep) => {
      stream.pipe(end())
      stream.on('data', keep)
      stream.once('data', () => {})
    },
    'a second pipe': (stream, keep) => {
      stream.pipe(end())
      stream.pipe(new Writable({ objectMode: true, write: (chunk, _encoding, next) => next(void keep(chunk)) }))
    },
    'a step between': (stream, keep) => {
      const transform = (chunk: Buffer, _encoding: unknown, next: (error: null, chunk: Buffer) => void) => {
        keep(chunk)
        next(null, chunk)
      }
      stream.pipe(new Transform({ objectMode: true, transform })).pipe(end())
    },
  }
  for (const [name, read] of Object.entries(readers)) {
    const kept: Buffer[] = []
    const ends: Split[] = []
    end = () => {
      const sink = split({ violations: join(t.testdir(), 'violations.ndjson') })
      ends.push(sink)
      return sink
    }
    const stream = checked()
    read(stream, (chunk) => void kept.push(chunk))
    bytes().pipe(stream)
    await new Promise((resolve, reject) => ends[0]?.once('finish', resolve).once('error', reject))
    t.equal(sizes(kept), whole, name)
    t.equal(refusedSizes(kept), sizes([Buffer.from(header + linesThat(false, 1, count))]), name)
  }
})

let end: () => Split
