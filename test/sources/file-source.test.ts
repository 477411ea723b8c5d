import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { fileSource, isSluiceError } from 'sluice'
import t from 'tap'

const mebibyte = 1024 * 1024

/** Bytes that differ from place to place, so that a piece that was lost, doubled or overwritten shows. */
function bytesOf(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32LE(Math.imul(at, 2654435761) >>> 0, at)
  return bytes
}

async function failureOf(source: ReturnType<typeof fileSource>): Promise<Error & { code?: string; cause?: { code?: string } }> {
  try {
    await buffer(source)
  } catch (error) {
    return error as Error & { cause?: { code?: string } }
  }
  throw new Error('the source did not fail')
}

const openDescriptors = () => readdirSync('/proc/self/fd').length
const onLinux = process.platform === 'linux'

t.test('reads a file in pieces of 1 MiB, none of which is written to again', async (t) => {
  const path = join(t.testdir(), 'big.bin')
  const bytes = bytesOf(5 * mebibyte + 12345)
  writeFileSync(path, bytes)
  const source = fileSource(path)
  t.equal(source.path, path)
  t.equal(source.readableHighWaterMark, mebibyte)
  const pieces: Buffer[] = []
  for await (const piece of source) pieces.push(piece)
  t.strictSame(
    pieces.map((piece) => piece.length),
    [mebibyte, mebibyte, mebibyte, mebibyte, mebibyte, 12345],
  )
  t.ok(Buffer.concat(pieces).equals(bytes))
})

t.test('reads pieces of readBytes, a part of a file, and a file: URL', async (t) => {
  const path = join(t.testdir({ 'with space %.csv': 'id,name\n1,a\n' }), 'with space %.csv')
  const pieces: string[] = []
  for await (const piece of fileSource(path, { readBytes: 5 })) pieces.push(piece.toString())
  t.strictSame(pieces, ['id,na', 'me\n1,', 'a\n'])
  t.equal((await buffer(fileSource(path, { start: 3 }))).toString(), 'name\n1,a\n')
  t.equal((await buffer(fileSource(path, { start: 3, end: 6 }))).toString(), 'name', 'end is the last byte')
  t.equal((await buffer(fileSource(path, { end: 1, readBytes: 1 }))).toString(), 'id')
  t.equal((await buffer(fileSource(path, { start: 100 }))).toString(), '')
  const source = fileSource(pathToFileURL(path))
  t.equal(source.path, path)
  t.equal((await buffer(source)).toString(), 'id,name\n1,a\n')
})

t.test('an empty file has no bytes', async (t) => {
  t.equal((await buffer(fileSource(join(t.testdir({ empty: '' }), 'empty')))).length, 0)
})

t.test('what cannot be read is told with a code, a sentence and the cause', async (t) => {
  const folder = t.testdir({ file: 'x' })
  const missing = await failureOf(fileSource(join(folder, 'nope.csv')))
  t.ok(isSluiceError(missing, 'input/not-found'))
  t.equal(missing.message, `The input ${folder}/nope.csv does not exist; check the path.`)
  t.equal(missing.cause?.code, 'ENOENT')
  t.ok(isSluiceError(await failureOf(fileSource(join(folder, 'file/below'))), 'input/not-found'))
  const directory = await failureOf(fileSource(folder))
  t.ok(isSluiceError(directory, 'input/unreadable'))
  t.equal(directory.message, `The input ${folder} is a directory; name a file in it.`)
  t.equal(directory.cause?.code, 'EISDIR')
  symlinkSync('loop', join(folder, 'loop'))
  t.ok(isSluiceError(await failureOf(fileSource(join(folder, 'loop'))), 'input/unreadable'))
  t.ok(isSluiceError(await failureOf(fileSource('a\0b')), 'input/unreadable'))
})

t.test('a file without permission', { skip: process.getuid?.() === 0 && 'root may read all' }, async (t) => {
  const path = join(t.testdir({ secret: 'x' }), 'secret')
  execFileSync('chmod', ['000', path])
  const error = await failureOf(fileSource(path))
  t.ok(isSluiceError(error, 'input/unreadable'))
  t.match(error.message, /permissions/)
})

t.test('options that cannot be used are refused at once', async (t) => {
  for (const options of [
    { readBytes: 0 },
    { readBytes: 1.5 },
    { readBytes: Number.NaN },
    { start: -1 },
    { end: 0.5 },
    { start: 2, end: 1 },
  ]) {
    t.throws(() => fileSource('x', options), { code: 'option/invalid' }, JSON.stringify(options))
  }
  t.throws(() => fileSource(new URL('https://example.com/x')), { code: 'option/invalid' })
})

t.test('destroying it closes the file, in the midst of a read too', { skip: !onLinux && 'needs /proc' }, async (t) => {
  const path = join(t.testdir(), 'big.bin')
  writeFileSync(path, bytesOf(4 * mebibyte))
  const before = openDescriptors()
  const never = fileSource(path)
  never.destroy()
  await once(never, 'close')
  const midway = fileSource(path)
  await once(midway, 'readable')
  midway.read(10)
  midway.destroy()
  await once(midway, 'close')
  for await (const _ of fileSource(path)) break
  const controller = new AbortController()
  const aborted = fileSource(path, { signal: controller.signal })
  aborted.once('data', () => controller.abort())
  await t.rejects(buffer(aborted), { name: 'AbortError' })
  t.equal(openDescriptors(), before)
})

t.test('a named pipe', { skip: process.platform === 'win32' && 'needs mkfifo' }, async (t) => {
  const path = join(t.testdir(), 'pipe')
  execFileSync('mkfifo', [path])

  t.test('is read as its writer writes, until the writer leaves', async (t) => {
    const bytes = bytesOf(3 * mebibyte + 7)
    writeFileSync(`${path}.data`, bytes)
    const writer = spawn('sh', ['-c', 'printf first; sleep 0.2; cat "$1.data"', 'sh', path], { stdio: ['ignore', 'pipe', 'inherit'] })
    const intoPipe = spawn('sh', ['-c', 'sleep 0.2; cat > "$1"', 'sh', path], { stdio: [writer.stdout, 'inherit', 'inherit'] })
    const left = once(intoPipe, 'exit')
    const read = await buffer(fileSource(path))
    await left
    t.ok(read.equals(Buffer.concat([Buffer.from('first'), bytes])))
  })

  t.test('gives pieces of at most readBytes', async (t) => {
    const writer = spawn('sh', ['-c', 'printf 0123456789 > "$1"', 'sh', path], { stdio: 'inherit' })
    // Listened for from the start: it may leave before its last piece is read.
    const left = once(writer, 'exit')
    const pieces: string[] = []
    for await (const piece of fileSource(path, { readBytes: 4 })) pieces.push(piece.toString())
    await left
    t.equal(pieces.join(''), '0123456789')
    t.ok(pieces.every((piece) => piece.length <= 4))
  })

  t.test('holds back its writer when it is not read', async (t) => {
    const writer = spawn('sh', ['-c', 'head -c 8000000 /dev/zero > "$1"; echo done', 'sh', path], { stdio: ['ignore', 'pipe', 'inherit'] })
    const left = once(writer, 'exit')
    const source = fileSource(path)
    await once(source, 'readable')
    await delay(200)
    t.ok(source.readableLength < 2 * mebibyte, `${source.readableLength} bytes are held`)
    t.equal((await buffer(source)).length, 8_000_000)
    await left
  })

  t.test('can be destroyed while nobody writes', async (t) => {
    const source = fileSource(path)
    await delay(50)
    const begun = performance.now()
    source.destroy()
    await once(source, 'close')
    // Far from for ever, however busy the machine is.
    t.ok(performance.now() - begun < 15_000)
  })

  t.test('has no part that could be asked for', async (t) => {
    t.ok(isSluiceError(await failureOf(fileSource(path, { start: 1 })), 'option/invalid'))
  })
})
