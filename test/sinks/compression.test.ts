import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { fileSink, fileSource, split, validate } from 'sluice'
import t, { type Test } from 'tap'

const has = (tool: string) => {
  try {
    execFileSync('sh', ['-c', `command -v ${tool}`])
    return true
  } catch {
    return false
  }
}
const unpack: [ending: string, unpack: (path: string) => Buffer][] = [
  ['gz', (path) => (has('gzip') ? execFileSync('gzip', ['-dc', path], { maxBuffer: 2 ** 30 }) : gunzipSync(readFileSync(path)))],
  ['br', (path) => brotliDecompressSync(readFileSync(path))],
  ...(has('zstd')
    ? [['zst', (path: string) => execFileSync('zstd', ['-qdc', path], { maxBuffer: 2 ** 30 })] as [string, (path: string) => Buffer]]
    : []),
]

t.test('law: what is written compressed, other tools and fileSource read back', async (t) => {
  const cwd = t.testdir()
  for (const [ending, read] of unpack) {
    const path = join(cwd, `out.csv.${ending}`)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 10 }), async (chunks) => {
        await pipeline(Readable.from(chunks.map((chunk) => Buffer.from(chunk))), fileSink(path))
        const whole = Buffer.concat(chunks)
        return read(path).equals(whole) && (await buffer(fileSource(path))).equals(whole)
      }),
      { numRuns: 12, examples: [[[]], [[new Uint8Array(0)]]] },
    )
  }
  const large = Buffer.from(Array.from({ length: 1_000_000 }, (_, n) => `${n},${Math.imul(n, 2654435761) >>> 0}\n`).join(''))
  for (const [ending, read] of unpack) {
    await pipeline(Readable.from([large, large.subarray(0, 10)]), fileSink(join(cwd, `large.${ending}`)))
    t.ok(read(join(cwd, `large.${ending}`)).equals(Buffer.concat([large, large.subarray(0, 10)])), ending)
  }
})

t.test('a compression that is named, and none', async (t) => {
  const cwd = t.testdir()
  await pipeline(Readable.from([Buffer.from('text')]), fileSink(join(cwd, 'a.gz'), { compression: 'none' }))
  t.equal(readFileSync(join(cwd, 'a.gz'), 'utf8'), 'text')
  await pipeline(Readable.from([Buffer.from('text')]), fileSink(join(cwd, 'a.txt'), { compression: 'gzip' }))
  t.equal(gunzipSync(readFileSync(join(cwd, 'a.txt'))).toString(), 'text')
  t.throws(() => fileSink('x', { compression: 'lz4' as never }), { code: 'option/invalid' })
})

t.test('split compresses each output by its own name', async (t) => {
  const cwd = t.testdir({ 'in.csv': 'id,age\n1,20\nx,3\n' })
  const schema = { type: 'object', properties: { id: { type: 'integer' }, age: { type: 'integer' } } }
  const at = (name: string) => join(cwd, name)
  const outputs = { valid: at('ok.csv.gz'), invalid: at('bad.csv.br'), violations: at('why.ndjson.zst'), report: at('report.json.gz') }
  await pipeline(fileSource(at('in.csv')), validate(schema), split(outputs))
  t.equal(gunzipSync(readFileSync(outputs.valid)).toString(), 'id,age\n1,20\n')
  t.equal((await buffer(fileSource(outputs.invalid))).toString(), 'id,age\nx,3\n')
  t.match((await buffer(fileSource(outputs.violations))).toString(), /^\{.*"field":"id".*\}\n$/)
  t.match(JSON.parse(gunzipSync(readFileSync(outputs.report)).toString()), { counts: { read: 2, valid: 1 } })
})

t.test('marks: what was written after one is taken back, and what stands is one file to any reader', async (t) => {
  const cwd = t.testdir()
  for (const ending of ['gz', 'zst', 'csv']) {
    const sink = fileSink(join(cwd, `out.${ending}`))
    const write = (text: string) => new Promise<void>((resolve, reject) => sink.write(text, (error) => (error ? reject(error) : resolve())))
    await write('one\n')
    const back = await sink.mark()
    await write('two '.repeat(100_000))
    await back?.()
    await write('three\n')
    await sink.mark()
    await sink.mark()
    await write('four\n')
    await new Promise<void>((resolve) => sink.end(resolve))
    t.equal((await buffer(fileSource(join(cwd, `out.${ending}`)))).toString(), 'one\nthree\nfour\n', ending)
  }
  const brotli = fileSink(join(cwd, 'out.br'))
  await new Promise((resolve) => brotli.write('x', resolve))
  t.equal(await brotli.mark(), undefined, 'brotli cannot be joined')
  await new Promise<void>((resolve) => brotli.end(resolve))
})

const isRoot = process.platform === 'linux' && process.getuid?.() === 0
t.test('a full disk ends it, is named, and leaves nothing', { skip: !isRoot && 'needs root, for a tmpfs' }, async (t) => {
  const disk = join(t.testdir(), 'disk')
  mkdirSync(disk)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk])
  // Not in a teardown: the folder is removed before those.
  try {
    await fill(t, disk)
  } finally {
    execFileSync('umount', [disk])
  }
})

async function fill(t: Test, disk: string): Promise<void> {
  for (const name of ['ok.csv', 'ok.csv.gz', 'ok.csv.zst', 'ok.csv.br']) {
    let taken = 0
    async function* noise() {
      for (; taken < 400; taken += 1) yield Buffer.from(Array.from({ length: 65_536 }, () => Math.floor(Math.random() * 256)))
    }
    await t.rejects(pipeline(noise(), fileSink(join(disk, name))), {
      code: 'sink/unwritable',
      message: new RegExp(`${name} cannot be written: no space is left`),
      cause: { code: 'ENOSPC' },
    })
    t.ok(taken < 100, `upstream was ended after ${taken} of 400 chunks`)
    t.strictSame(readdirSync(disk), [], 'nothing is left')
  }
}

t.test('a full disk as /dev/full', { skip: !existsSync('/dev/full') && 'needs /dev/full' }, async (t) => {
  const cwd = t.testdir()
  writeFileSync(join(cwd, 'in.csv'), `id\n${'1\n'.repeat(500_000)}`)
  const targets = { valid: '/dev/full', report: join(cwd, 'report.json.gz') }
  await t.rejects(pipeline(fileSource(join(cwd, 'in.csv')), validate({}), split(targets)), {
    code: 'sink/unwritable',
    message: /\/dev\/full.*no space/,
  })
  t.strictSame(readdirSync(cwd), ['in.csv'])
})
