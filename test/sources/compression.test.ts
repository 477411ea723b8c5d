import { execFileSync, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { fileSource, isSluiceError, type Report, split, validate } from 'sluice'
import t from 'tap'

const schema = { type: 'object', properties: { id: { type: 'integer' }, age: { type: 'integer', minimum: 18 } }, required: ['id', 'age'] }
const rows = (count: number) => Array.from({ length: count }, (_, n) => `${n},${(n * 7919) % 100}\n`)
const text = (count: number) => `id,age\n${rows(count).join('')}`

const has = (tool: string) => {
  try {
    execFileSync('sh', ['-c', `command -v ${tool}`])
    return true
  } catch {
    return false
  }
}
const run = (tool: string, words: string[], input: Buffer) => execFileSync(tool, words, { input, maxBuffer: 2 ** 30 })
const without = (tool: string) => ({ skip: has(tool) ? false : `needs ${tool}` })

/** An empty block of bgzip at the end, blocks of 64 KiB at most, each with its size in an extra field: as the SAM specification has it. */
const bgzipInPython = `
import sys, zlib, struct
data = sys.stdin.buffer.read()
def block(part):
    c = zlib.compressobj(6, zlib.DEFLATED, -15); body = c.compress(part) + c.flush()
    head = struct.pack('<4BI2BH2BHH', 31, 139, 8, 4, 0, 0, 255, 6, 66, 67, 2, len(body) + 25)
    sys.stdout.buffer.write(head + body + struct.pack('<II', zlib.crc32(part), len(part)))
for at in range(0, len(data), 65280): block(data[at:at + 65280])
block(b'')
`
const bgzip = (input: Buffer) => run('python3', ['-c', bgzipInPython], input)

async function outcomeOf(
  source: ReturnType<typeof fileSource>,
): Promise<{ bytes: Buffer; error: (Error & { code?: string }) | undefined }> {
  const pieces: Buffer[] = []
  let error: Error | undefined
  try {
    for await (const piece of source) pieces.push(Buffer.from(piece))
  } catch (caught) {
    error = caught as Error
  }
  return { bytes: Buffer.concat(pieces), error }
}

const small = Buffer.from(text(500))
const forms: [name: string, bytes: Buffer][] = [
  ['gz', gzipSync(small)],
  ['gz', Buffer.concat([gzipSync(small.subarray(0, 100)), gzipSync(small.subarray(100))])],
  ['br', brotliCompressSync(small)],
  ...(has('python3') ? [['gz', bgzip(small)] as [string, Buffer]] : []),
  ...(has('zstd') ? [['zst', run('zstd', ['-qc', '--check'], small)] as [string, Buffer]] : []),
  ...(has('zstd')
    ? [['zst', Buffer.concat([small.subarray(0, 99), small.subarray(99)].map((part) => run('zstd', ['-qc'], part)))] as [string, Buffer]]
    : []),
]
/** Where a file of several members may be cut without anyone being able to tell. */
const seams = new Map(forms.map(([, bytes]) => [bytes, new Set<number>()]))
seams.get((forms[1] as [string, Buffer])[1])?.add(gzipSync(small.subarray(0, 100)).length)
if (has('zstd')) seams.get((forms.at(-1) as [string, Buffer])[1])?.add(run('zstd', ['-qc'], small.subarray(0, 99)).length)

t.test('what gzip, bgzip, zstd, brotli and python3 make is read, under any name that does not lie', async (t) => {
  const cwd = t.testdir()
  const plain = Buffer.from(text(100_000))
  const tools: [name: string, tool: string, make: () => Buffer][] = [
    ['a.csv.gz', 'gzip', () => run('gzip', ['-c'], plain)],
    ['b.csv', 'gzip', () => run('gzip', ['-9c'], plain)],
    ['c.csv.bgz', 'bgzip', () => run('bgzip', ['-c'], plain)],
    ['d.csv.gz', 'python3', () => bgzip(plain)],
    ['e.csv.zst', 'zstd', () => run('zstd', ['-qc', '-3', '--long=27'], plain)],
    ['f.csv', 'zstd', () => run('zstd', ['-qc', '-19', '--no-check'], plain)],
    ['g.csv.br', 'brotli', () => run('brotli', ['-q', '4', '-c'], plain)],
    [
      'h.CSV.GZ',
      'python3',
      () => run('python3', ['-c', 'import sys,gzip; sys.stdout.buffer.write(gzip.compress(sys.stdin.buffer.read()))'], plain),
    ],
    ['i.csv.br', 'node', () => brotliCompressSync(plain, { params: { 1: 4 } })],
    ['plain.csv', 'node', () => plain],
  ]
  for (const [name, tool, make] of tools) {
    if (!has(tool)) continue
    writeFileSync(join(cwd, name), make())
    const source = fileSource(join(cwd, name))
    t.ok((await buffer(source)).equals(plain), `${name} by ${tool}`)
    t.equal(source.bytesRead, readFileSync(join(cwd, name)).length, 'bytesRead is of what is at rest')
    const check = validate(schema)
    await pipeline(fileSource(join(cwd, name)), check, new Writable({ write: (_chunk, _encoding, callback) => callback() }))
    t.match(check.report, { format: 'csv', source: join(cwd, name), bytes: plain.length, counts: { read: 100_000 } })
  }
})

t.test('law: any chunking of the compressed bytes gives the same bytes', async (t) => {
  const path = join(t.testdir(), 'file')
  for (const [ending, bytes] of forms) {
    writeFileSync(`${path}.csv.${ending}`, bytes)
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: bytes.length + 1 }), async (readBytes) => {
        const { bytes: read, error } = await outcomeOf(fileSource(`${path}.csv.${ending}`, { readBytes }))
        if (error) throw error
        return read.equals(small)
      }),
      { numRuns: 12, examples: [[1], [7]] },
    )
  }
})

t.test('law: cut at any place, it is an error, and what came before is right', async (t) => {
  const path = join(t.testdir(), 'file')
  for (const [ending, bytes] of forms) {
    const cuts = Array.from({ length: bytes.length }, (_, at) => at).filter((at) => at % 29 === 0 || at > bytes.length - 40 || at < 20)
    for (const at of cuts) {
      if (seams.get(bytes)?.has(at)) continue
      writeFileSync(`${path}.csv.${ending}`, bytes.subarray(0, at))
      const { bytes: read, error } = await outcomeOf(fileSource(`${path}.csv.${ending}`, { readBytes: 1 + (at % 300) }))
      if (!isSluiceError(error, 'input/compression')) t.fail(`${ending} cut at ${at} of ${bytes.length}: ${error}`)
      if (!read.equals(small.subarray(0, read.length))) t.fail(`${ending} cut at ${at}: what was read is wrong`)
    }
    t.pass(`${cuts.length} cuts of .${ending}`)
  }
})

t.test('law: with anything after its end, it is an error, after all of it was read', async (t) => {
  const path = join(t.testdir(), 'file')
  for (const [ending, bytes] of forms) {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 50 }), fc.integer({ min: 1, max: 999 }), async (garbage, readBytes) => {
        fc.pre(ending !== 'gz' || garbage.some((byte) => byte !== 0))
        writeFileSync(`${path}.csv.${ending}`, Buffer.concat([bytes, garbage]))
        const { bytes: read, error } = await outcomeOf(fileSource(`${path}.csv.${ending}`, { readBytes }))
        return isSluiceError(error, 'input/compression') && read.equals(small)
      }),
      {
        numRuns: 25,
        examples: [
          [Uint8Array.of(0, 65), 7],
          [Uint8Array.of(65), 999],
          [Uint8Array.of(0x1f), 1],
          [Uint8Array.of(0x1f, 0x8b, 8), 9999],
        ],
      },
    )
  }
})

t.test('zeros after gzip are padding, as with gzip(1); after others they are not', async (t) => {
  const path = join(t.testdir(), 'file.gz')
  writeFileSync(path, Buffer.concat([gzipSync(small), Buffer.alloc(1000)]))
  t.strictSame((await outcomeOf(fileSource(path))).error, undefined)
  t.strictSame((await outcomeOf(fileSource(path, { readBytes: 7 }))).error, undefined)
  writeFileSync(path, Buffer.concat([gzipSync(small), Buffer.alloc(1000), gzipSync(small)]))
  t.match((await outcomeOf(fileSource(path))).error, { code: 'input/compression' })
  writeFileSync(path, Buffer.concat([brotliCompressSync(small), Buffer.alloc(1)]))
  t.match((await outcomeOf(fileSource(path, { compression: 'brotli' }))).error, { code: 'input/compression' })
})

t.test('bgzip without its last block was cut, and is read as gzip where that is asked for', without('python3'), async (t) => {
  const path = join(t.testdir(), 'file.csv.gz')
  writeFileSync(path, bgzip(small).subarray(0, -28))
  const { bytes, error } = await outcomeOf(fileSource(path))
  t.match(error, { code: 'input/compression', message: /bgzip/ })
  t.ok(bytes.equals(small))
  t.ok((await buffer(fileSource(path, { compression: 'gzip' }))).equals(small))
})

t.test('a name that lies, and compressions that are named', async (t) => {
  const cwd = t.testdir({ 'plain.csv.gz': 'id,age\n1,20\n', 'empty.csv.gz': '', 'p.csv': 'P\n', 'paren.csv': '(' })
  t.match((await outcomeOf(fileSource(join(cwd, 'plain.csv.gz')))).error, { code: 'input/compression' })
  t.match((await outcomeOf(fileSource(join(cwd, 'empty.csv.gz')))).error, { code: 'input/compression' })
  t.equal((await buffer(fileSource(join(cwd, 'plain.csv.gz'), { compression: 'none' }))).toString(), 'id,age\n1,20\n')
  t.equal((await buffer(fileSource(join(cwd, 'p.csv')))).toString(), 'P\n', 'what might have been a frame')
  t.equal((await buffer(fileSource(join(cwd, 'paren.csv')))).toString(), '(')
  writeFileSync(join(cwd, 'zstd.csv.gz'), brotliCompressSync(small))
  t.ok((await buffer(fileSource(join(cwd, 'zstd.csv.gz'), { compression: 'brotli' }))).equals(small))
  t.throws(() => fileSource('x', { compression: 'lzma' as never }), { code: 'option/invalid' })
  t.throws(() => fileSource('x', { compression: 'gzip', start: 3 }), { code: 'option/invalid' })
  t.throws(() => fileSource('x', { decompressedBytesMax: 0 }), { code: 'option/invalid' })
  t.throws(() => fileSource('x', { decompressionRatioMax: 0.5 }), { code: 'option/invalid' })
  writeFileSync(join(cwd, 'r.csv.gz'), gzipSync(small))
  t.ok((await buffer(fileSource(join(cwd, 'r.csv.gz'), { start: 2 }))).equals(gzipSync(small).subarray(2)), 'a part of a file is as it is')
})

t.test('bombs stop at a limit, in flat memory', async (t) => {
  const cwd = t.testdir()
  const bombs: [string, string, () => Buffer][] = [
    ['bomb.gz', 'gzip', () => run('sh', ['-c', 'head -c 200000000 /dev/zero | gzip -9c'], small)],
    ['bomb.zst', 'zstd', () => run('sh', ['-c', 'head -c 200000000 /dev/zero | zstd -qc'], small)],
    ['bomb.br', 'node', () => brotliCompressSync(Buffer.alloc(100_000_000), { params: { 1: 1 } })],
  ]
  for (const [name, tool, make] of bombs) {
    if (!has(tool)) continue
    writeFileSync(join(cwd, name), make())
    const drained = async (options: Parameters<typeof fileSource>[1]) => {
      let length = 0
      try {
        for await (const piece of fileSource(join(cwd, name), options)) length += piece.length
      } catch (error) {
        return { length, code: (error as { code: string }).code }
      }
      return { length, code: undefined }
    }
    const byRatio = await drained({})
    t.equal(byRatio.code, 'limit/decompression-ratio', name)
    t.ok(byRatio.length <= 65 * 1024 * 1024, `${byRatio.length} bytes were let through`)
    const byBytes = await drained({ decompressedBytesMax: 1_000_000, decompressionRatioMax: Number.POSITIVE_INFINITY })
    t.equal(byBytes.code, 'limit/decompressed-bytes')
    t.ok(byBytes.length < 2_000_000)
  }
})

t.test('law: of a cut input every whole record is judged, no other, and the outputs say so', async (t) => {
  const cwd = t.testdir()
  const plain = Buffer.from(text(20_000))
  const bytes = gzipSync(plain)
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 30, max: bytes.length - 1 }), async (at) => {
      writeFileSync(join(cwd, 'cut.csv.gz'), bytes.subarray(0, at))
      const { bytes: read } = await outcomeOf(fileSource(join(cwd, 'cut.csv.gz')))
      const whole = read.toString().split('\n').length - 2
      const check = validate(schema)
      const to = { valid: join(cwd, 'ok.csv'), violations: join(cwd, 'why.ndjson'), report: join(cwd, 'report.json') }
      const error = await pipeline(fileSource(join(cwd, 'cut.csv.gz')), check, split(to)).then(
        () => undefined,
        (caught) => caught,
      )
      if (!isSluiceError(error, 'input/compression')) throw error ?? new Error('no error')
      if (whole < 1) return true
      const report: Report = JSON.parse(readFileSync(to.report, 'utf8'))
      const lines = readFileSync(to.violations, 'utf8').split('\n').length - 1
      const expected = rows(whole).filter((row) => Number(row.split(',')[1]) < 18).length
      return report.counts.read === whole && !report.complete && lines === expected && report.counts.invalid === expected
    }),
    { numRuns: 30 },
  )
  t.throws(() => readFileSync(join(cwd, 'ok.csv')), { code: 'ENOENT' }, 'no half of the valid records stands under its name')
})

t.test('a pipe is decompressed as it comes', without('zstd'), async (t) => {
  const child = spawn('sh', ['-c', `zstd -qc | (head -c 3; sleep 0.05; cat)`])
  child.stdin.end(small)
  const pieces: Buffer[] = []
  const script = `import { stdinSource } from 'sluice'; for await (const piece of stdinSource()) process.stdout.write(piece)`
  const reader = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: [child.stdout, 'pipe', 'inherit'] })
  for await (const piece of reader.stdout as AsyncIterable<Buffer>) pieces.push(piece)
  t.ok(Buffer.concat(pieces).equals(small))
})
