import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable, Writable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { fileSink, fileSource, isSluiceError, reportSink, validate } from 'sluice'
import t from 'tap'

const api = new URL('../../../dist/index.js', import.meta.url).href
const unix = { skip: process.platform === 'win32' && 'needs a Unix' }

type Failure = Error & { code?: string; cause?: { code?: string } }

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const [outcome] = await Promise.allSettled([work])
  if (outcome.status === 'fulfilled') throw new Error('it did not fail')
  return outcome.reason
}

const write = (path: string, content: string | Buffer = 'new') => pipeline(Readable.from([Buffer.from(content)]), fileSink(path))
const permissionsOf = (path: string) => fs.statSync(path).mode & 0o777

t.test('the file appears whole, under a temporary name until then', async (t) => {
  const folder = t.testdir({ 'out.csv': 'old' })
  const path = join(folder, 'out.csv')
  const sink = fileSink(path)
  t.equal(sink.path, path)
  await new Promise((written) => sink.write('new', written))
  t.equal(fs.readFileSync(path, 'utf8'), 'old')
  const names = fs.readdirSync(folder)
  t.equal(names.length, 2)
  t.match(
    names.find((name) => name !== 'out.csv'),
    new RegExp(`^\\.out\\.csv\\.${process.pid}-[0-9a-f]+\\.tmp$`),
  )
  sink.end(' content')
  await once(sink, 'finish')
  t.strictSame(fs.readdirSync(folder), ['out.csv'])
  t.equal(fs.readFileSync(path, 'utf8'), 'new content')
})

t.test('many small pieces and large ones come out in order', async (t) => {
  const path = join(t.testdir(), 'out')
  const sink = fileSink(path)
  const expected: Buffer[] = []
  for (let n = 0; n < 20_000; n += 1) {
    const piece = n % 5000 === 0 ? Buffer.alloc(700_000, n % 251) : Buffer.from(n % 7 === 0 ? '' : `${n}\n`)
    expected.push(piece)
    sink.write(piece)
  }
  sink.end('text too: é')
  await once(sink, 'finish')
  t.ok(fs.readFileSync(path).equals(Buffer.concat([...expected, Buffer.from('text too: é')])))
})

t.test('permission bits', unix, async (t) => {
  const folder = t.testdir({ kept: 'x' })
  fs.chmodSync(join(folder, 'kept'), 0o646)
  const umask = process.umask(0o027)
  t.teardown(() => process.umask(umask))
  await write(join(folder, 'kept'))
  t.equal(permissionsOf(join(folder, 'kept')), 0o646, 'a file that exists keeps its own')
  await write(join(folder, 'made'))
  t.equal(permissionsOf(join(folder, 'made')), 0o640, 'a new one has the usual, less the umask')
  await pipeline(Readable.from(['x']), fileSink(join(folder, 'secret'), { mode: 0o600 }))
  t.equal(permissionsOf(join(folder, 'secret')), 0o600)
  t.throws(() => fileSink('x', { mode: 0o1000 }), { code: 'option/invalid' })
})

t.test('a link stays, and what it leads to is replaced', unix, async (t) => {
  const folder = t.testdir({ real: { target: 'old' }, links: {} })
  fs.symlinkSync('../real/target', join(folder, 'links/link'))
  fs.symlinkSync('link', join(folder, 'links/again'))
  fs.symlinkSync('../real/not-there', join(folder, 'links/dangling'))
  fs.symlinkSync('real', join(folder, 'way'))
  await write(join(folder, 'links/again'))
  await write(join(folder, 'links/dangling'))
  await write(join(folder, 'way/third'))
  t.ok(fs.lstatSync(join(folder, 'links/link')).isSymbolicLink())
  t.equal(fs.readFileSync(join(folder, 'real/target'), 'utf8'), 'new')
  t.equal(fs.readFileSync(join(folder, 'real/not-there'), 'utf8'), 'new')
  t.strictSame(fs.readdirSync(join(folder, 'real')).sort(), ['not-there', 'target', 'third'])
  fs.symlinkSync('loop', join(folder, 'loop'))
  t.match((await failureOf(write(join(folder, 'loop')))).cause, { code: 'ELOOP' })
})

t.test('an empty file, and names as long as names may be', async (t) => {
  const folder = t.testdir()
  await write(join(folder, 'empty'), '')
  t.equal(fs.readFileSync(join(folder, 'empty'), 'utf8'), '')
  for (const name of ['n'.repeat(255), 'é'.repeat(127), '😀'.repeat(63)]) {
    await write(join(folder, name))
    t.equal(fs.readFileSync(join(folder, name), 'utf8'), 'new')
  }
})

t.test('what cannot be written fails at the opening', async (t) => {
  const folder = t.testdir({ file: 'x' })
  const opening = async (path: string) => {
    const [error] = await once(fileSink(path), 'error')
    t.ok(isSluiceError(error, 'sink/unwritable'), path)
    return error as Failure
  }
  t.match(await opening(folder), { message: `The output ${folder} is a directory; name a file in it.`, cause: { code: 'EISDIR' } })
  t.match(await opening(join(folder, 'new/')), { cause: { code: 'EISDIR' } })
  t.match(await opening(join(folder, 'no/such')), { message: /its folder does not exist/, cause: { code: 'ENOENT' } })
  t.match(await opening(join(folder, 'file/below')), { message: /its folder does not exist/, cause: { code: 'ENOTDIR' } })
  t.strictSame(fs.readdirSync(folder), ['file'])
})

t.test('a read-only file is not replaced', { skip: process.getuid?.() === 0 && 'root may write all' }, async (t) => {
  const folder = t.testdir({ file: 'x' })
  fs.chmodSync(join(folder, 'file'), 0o444)
  t.match(await failureOf(write(join(folder, 'file'))), { code: 'sink/unwritable', cause: { code: 'EACCES' } })
})

t.test('a stream that fails or is destroyed leaves nothing', async (t) => {
  const folder = t.testdir({ out: 'old' })
  const path = join(folder, 'out')
  const unsound = async function* () {
    yield Buffer.alloc(100_000)
    throw new Error('upstream')
  }
  t.match(await failureOf(pipeline(unsound, fileSink(path))), { message: 'upstream' })
  const opening = fileSink(path)
  opening.destroy()
  await once(opening, 'close')
  const writing = fileSink(path)
  writing.write(Buffer.alloc(50_000_000))
  setTimeout(() => writing.destroy(), 5)
  await once(writing, 'close')
  t.strictSame(fs.readdirSync(folder), ['out'])
  t.equal(fs.readFileSync(path, 'utf8'), 'old')
})

t.test('a rename that fails leaves nothing', async (t) => {
  const folder = t.testdir()
  const sink = fileSink(join(folder, 'out'))
  await new Promise((written) => sink.write('x', written))
  fs.mkdirSync(join(folder, 'out'))
  sink.end()
  const [[error]] = await Promise.all([once(sink, 'error'), new Promise((closed) => sink.once('close', closed))])
  t.match(error, { code: 'sink/unwritable', cause: { code: 'EISDIR' } })
  t.strictSame(fs.readdirSync(folder), ['out'])
})

t.test('the input may be the output', async (t) => {
  const path = join(t.testdir(), 'data')
  const bytes = Buffer.alloc(9_000_000, 'some bytes')
  fs.writeFileSync(path, bytes)
  await pipeline(fileSource(path), fileSink(path))
  t.ok(fs.readFileSync(path).equals(bytes))
})

t.test('process.exit() removes temporary files', async (t) => {
  const folder = t.testdir()
  const program = `
    import { fileSink } from '${api}'
    import { join } from 'node:path'
    import { readdirSync } from 'node:fs'
    const sinks = ['a', 'b'].map((name) => fileSink(join(${JSON.stringify(folder)}, name)))
    await Promise.all(sinks.map((sink) => new Promise((written) => sink.write('x', written))))
    console.log(readdirSync(${JSON.stringify(folder)}).length)
    process.exit(5)`
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  t.equal(stdout, '2\n')
  t.equal(status, 5)
  t.strictSame(fs.readdirSync(folder), [])
})

t.test('a thousand at once, without a warning', async (t) => {
  const folder = t.testdir()
  const warnings: Error[] = []
  const warned = (warning: Error) => warnings.push(warning)
  process.on('warning', warned)
  const sinks = Array.from({ length: 1000 }, (_, n) => fileSink(join(folder, `out-${n}`)))
  const few = (error: Failure) => error.cause?.code === 'EMFILE'
  const finished = await Promise.allSettled(sinks.map((sink, n) => pipeline(Readable.from([`${n}`]), sink)))
  await new Promise(setImmediate)
  process.off('warning', warned)
  t.strictSame(warnings, [])
  for (const [n, outcome] of finished.entries()) {
    if (outcome.status === 'fulfilled') t.equal(fs.readFileSync(join(folder, `out-${n}`), 'utf8'), `${n}`)
    else t.ok(few(outcome.reason), 'only for want of descriptors')
  }
})

t.test('what is no file is written directly', unix, async (t) => {
  const folder = t.testdir()
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])

  t.test('a named pipe, which waits for its reader', async (t) => {
    const reader = spawn('sh', ['-c', 'sleep 0.2; cat "$1"', 'sh', pipe], { stdio: ['ignore', 'pipe', 'inherit'] })
    const bytes = Buffer.alloc(3_000_000, 'abc')
    const [read] = await Promise.all([buffer(reader.stdout), write(pipe, bytes)])
    t.ok(read.equals(bytes))
    t.ok(fs.statSync(pipe).isFIFO())
    t.strictSame(fs.readdirSync(folder), ['pipe'])
  })

  t.test('one that nobody reads, or whose reader stalls, can be destroyed', async (t) => {
    const unread = fileSink(pipe)
    setTimeout(() => unread.destroy(), 20)
    await once(unread, 'close')
    const reader = fs.openSync(pipe, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)
    const sink = fileSink(pipe)
    sink.write(Buffer.alloc(1_000_000))
    setTimeout(() => sink.destroy(), 100)
    await once(sink, 'close')
    fs.closeSync(reader)
    t.pass('closed')
  })

  t.test('one whose reader leaves gives EPIPE, or takes the rest', async (t) => {
    const pieces = () => Readable.from(Array.from({ length: 50 }, () => Buffer.alloc(100_000)))
    const leave = () => spawn('sh', ['-c', 'head -c 1 "$1" > /dev/null', 'sh', pipe], { stdio: 'inherit' })
    leave()
    const stopped = await failureOf(pipeline(pieces(), fileSink(pipe)))
    t.equal(stopped.code, 'EPIPE')
    leave()
    await pipeline(pieces(), fileSink(pipe, { whenReaderLeaves: 'drain' }))
  })

  t.test('a device', { skip: !fs.existsSync('/dev/full') && 'is not there' }, async (t) => {
    await write('/dev/null', Buffer.alloc(1_000_000))
    const error = await failureOf(write('/dev/full', 'x'))
    t.match(error, {
      code: 'sink/unwritable',
      message: 'The output /dev/full cannot be written: no space is left on its disk.',
      cause: { code: 'ENOSPC' },
    })
  })
})

t.test('standard output', unix, async (t) => {
  const folder = t.testdir({ 'old.log': 'start\n' })
  const program = `
    import { stdoutSink, fileSink } from '${api}'
    import { Readable } from 'node:stream'
    import { pipeline } from 'node:stream/promises'
    const [how, count] = process.argv.slice(1)
    const sink = how === 'path' ? fileSink('/dev/stdout') : stdoutSink(how === 'drain' ? { whenReaderLeaves: 'drain' } : {})
    let given = 0
    const pieces = function* () { for (; given < Number(count); given += 1) yield Buffer.alloc(100000, 'x') }
    const code = await pipeline(Readable.from(pieces()), sink).then(() => 'whole', (error) => error.code)
    console.error(code, given === Number(count))
    if (code === 'whole' && !process.stdout.destroyed) process.stdout.write('after')`
  const shell = (command: string) =>
    spawnSync('bash', ['-c', command], { cwd: folder, encoding: 'utf8', env: { ...process.env, NODE: process.execPath, PROGRAM: program } })
  const run = '"$NODE" --input-type=module -e "$PROGRAM"'
  for (const how of ['sink', 'path']) {
    t.equal(shell(`${run} ${how} 30 2>/dev/null | wc -c`).stdout.trim(), '3000005', `${how}: a pipe, open for what comes after`)
    t.equal(shell(`${run} ${how} 30 2>/dev/null > out; wc -c < out`).stdout.trim(), '3000005', `${how}: a file`)
    t.match(shell(`cp old.log log; ${run} ${how} 1 2>/dev/null >> log; wc -c < log`).stdout, '100011', `${how}: a file that is added to`)
    t.equal(shell(`${run} ${how} 300 | head -c 1`).stderr, 'EPIPE false\n', `${how}: a reader that leaves stops it`)
  }
  t.equal(shell(`${run} drain 300 | head -c 1`).stderr, 'whole true\n', 'a reader that leaves, and the rest is taken')
  if (fs.existsSync('/dev/full')) t.equal(shell(`${run} sink 1 > /dev/full`).stderr, 'sink/unwritable true\n')
})

t.test('reportSink fails without a report, and leaves nothing', async (t) => {
  const folder = t.testdir()
  const error = await failureOf(pipeline(Readable.from([Buffer.from('bytes without a verdict')]), reportSink(join(folder, 'r.json'))))
  t.equal(error.code, 'sink/no-verdict')
  t.strictSame(fs.readdirSync(folder), [])
  t.equal((await failureOf(pipeline(Readable.from(['x']), reportSink(join(folder, 'no/r.json'))))).code, 'sink/unwritable')
  const to = new PassThrough()
  await failureOf(pipeline(Readable.from(['x']), reportSink(to)))
  t.ok(to.destroyed, 'a Writable that was given goes with it')
})

t.test('reportSink writes the report, also of a stream that maxErrors stopped', async (t) => {
  const path = join(t.testdir(), 'r.json')
  const schema = { type: 'object', properties: { id: { type: 'integer' } } } as const
  const run = (input: Readable, to: string | Writable, options = {}) => pipeline(input, validate(schema, options), reportSink(to))
  const written = () => JSON.parse(fs.readFileSync(path, 'utf8'))
  const bytes = () => Readable.from([Buffer.from('id\n1\nx\ny\n')])
  const objects = () => Readable.from([{ id: 1 }, { id: 'x' }])
  await run(bytes(), path)
  t.match(written(), { complete: true, counts: { read: 3, invalid: 2 } })
  t.equal((await failureOf(run(bytes(), path, { maxErrors: 0 }))).code, 'limit/max-errors')
  t.match(written(), { complete: false })
  await run(objects(), path)
  t.match(written(), { complete: true, counts: { read: 2, invalid: 1 } })
  t.equal((await failureOf(run(objects(), path, { maxErrors: 0 }))).code, 'limit/max-errors')
  t.match(written(), { complete: false })
  const to = new PassThrough()
  const [told] = await Promise.all([text(to), run(bytes(), to)])
  t.match(JSON.parse(told), { complete: true })
})

t.test('reportSink passes on what is wrong with the Writable it was given', async (t) => {
  const to = new Writable({ construct: (callback) => callback(new Error('no such place')) })
  const [error] = await once(reportSink(to), 'error')
  t.equal(error.message, 'no such place')
})
