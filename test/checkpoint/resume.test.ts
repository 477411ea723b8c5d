import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { gzipSync } from 'node:zlib'
import {
  type Checkpoint,
  checkpoint,
  fileSource,
  isSluiceError,
  type SchemaInput,
  split,
  stdinSource,
  type ValidateOptions,
  validate,
} from 'sluice'
import t, { type Test } from 'tap'
import { dirtyCsv, dirtyNdjson, rules } from './dirty-files.js'
import { contentOf, outputsIn } from './order.js'

const small: ValidateOptions = { batchBytes: 2_000, checkpointBytes: 40_000, threads: 2 }
const csv: ValidateOptions = { ...small, format: 'csv', comment: '#' }
// Not of the package's own exports: thousands of damaged files are quicker read without their pipelines.
const { decodeContents } = await import(new URL('../../../dist/checkpoint/contents.js', import.meta.url).href)
t.setTimeout(300_000)
const unix = { skip: process.platform === 'win32' && 'needs a Unix' }

interface Run {
  input?: string
  folder: string
  schema?: SchemaInput
  options?: ValidateOptions
  /** Aborts the run once a checkpoint stands. */
  isAborted?: boolean
  targets?: Parameters<typeof split>[0]
}

/** One run with a checkpoint in its folder. */
async function carryOn({ folder, input = join(folder, '../input'), schema = rules, options = csv, isAborted = false, targets }: Run) {
  const kept = checkpoint(join(folder, 'run.checkpoint'))
  const check = validate(schema, { ...options, checkpoint: kept })
  const aborter = new AbortController()
  if (isAborted) {
    check.on('data', () => {
      if (kept.standsAt) aborter.abort()
      // The disk has to get its time before the stream is at its end.
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2)
    })
  }
  const source = fileSource(input, { checkpoint: kept, readBytes: 3_000 })
  await pipeline(source, check, split(targets ?? outputsIn(folder), { checkpoint: kept }), { signal: aborter.signal }).finally(
    () => kept.closed,
  )
  return { check, kept }
}

async function whole(folder: string, options: ValidateOptions): Promise<Record<string, string>> {
  await pipeline(fileSource(join(folder, '../input')), validate(rules, options), split(outputsIn(folder))).catch(() => {})
  return contentOf(folder)
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => new Error('it did not fail'),
    (error) => error,
  )
  return isSluiceError(error) ? `${error.code}: ${error.message}` : String(error)
}

/** A folder in which a run was aborted after its first checkpoints. */
async function aborted(t: Test, content: string | Buffer, options: ValidateOptions = csv): Promise<string> {
  const root = t.testdir({ whole: {}, parts: {} })
  fs.writeFileSync(join(root, 'input'), content)
  const folder = join(root, 'parts')
  t.match(await codeOf(carryOn({ folder, options, isAborted: true })), /AbortError/)
  return folder
}

const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le')
const document = (text: string) => `{"n":[1],"r":[${text.trimEnd().split('\n').join(',\n ')}],"z":{}}\n`
const lines = dirtyNdjson(5, 600_000).split('\n')
const records = lines.filter((line) => line.endsWith('}')).join('\n')

for (const [name, content, options] of [
  ['CSV', dirtyCsv(4, 600_000), csv],
  ['CSV without a header row', dirtyCsv(4, 600_000).split('\n').slice(2).join('\n'), { ...csv, header: ['id', 'age', 'note'] }],
  ['CSV with a delimiter that is told from it', `id;age;note\n${'1;2;"a,b"\n3;44;x\n'.repeat(20_000)}`, { ...small, delimiter: 'auto' }],
  ['CSV that ends within quotes', `id,age,note\n${'1,20,x\n'.repeat(100_000)}7,8,"open\n`, csv],
  ['UTF-16', utf16(dirtyCsv(6, 600_000)), csv],
  ['windows-1252', Buffer.from(dirtyCsv(6, 600_000), 'latin1'), { ...csv, encoding: 'windows-1252' }],
  ['NDJSON', dirtyNdjson(5, 600_000), { ...small, format: 'ndjson', mask: ['note'] }],
  ['one JSON document', document(records), { ...small, recordPath: '$.r[*]' }],
  ['a JSON document that breaks', `${document(records).slice(0, 500_000)}`, { ...small, recordPath: '$.r[*]' }],
  [
    'a share of errors that is passed at the end',
    `id,age\n${'1,20\n'.repeat(100_000)}${'x,1\n'.repeat(15_000)}`,
    { ...small, maxErrors: '12%' },
  ],
] as [string, string | Buffer, ValidateOptions][]) {
  t.test(`${name}: what was aborted is gone on with, and comes out as if it had not been`, async (t) => {
    const folder = await aborted(t, content, options)
    const left = fs.readdirSync(folder)
    t.equal(left.filter((file) => file.endsWith('.tmp')).length, 3, 'the unfinished outputs stay')
    t.ok(left.includes('run.checkpoint'))
    const failure = await carryOn({ folder, options }).catch((error) => error)
    const expected = await whole(join(folder, '../whole'), options)
    const content_ = contentOf(folder)
    if (isSluiceError(failure, 'input/json')) t.notOk(expected.valid)
    t.strictSame(Object.keys(content_), Object.keys(expected))
    for (const file of Object.keys(expected)) t.ok(content_[file] === expected[file], file)
  })
}

t.test('it tells where it went on, counts on, and keeps the time of the first run', async (t) => {
  const folder = await aborted(t, dirtyCsv(7, 600_000))
  const before = JSON.parse(fs.readFileSync(join(folder, 'run.checkpoint'), 'utf8').split('\n')[1] as string)
  const { check, kept } = await carryOn({ folder })
  t.strictSame(kept.resumedFrom, { records: before.snapshot.read, bytes: before.snapshot.bytes })
  t.ok(before.snapshot.bytes >= 40_000)
  t.equal(kept.standsAt, undefined)
  t.strictSame(check.counts, check.report?.counts)
  t.equal(check.report?.startedAt, before.startedAt)
  t.equal(check.bytesRead, fs.statSync(join(folder, '../input')).size)
})

t.test('a checkpoint that was cut off or changed anywhere is refused', async (t) => {
  const folder = await aborted(t, dirtyCsv(8, 400_000))
  const path = join(folder, 'run.checkpoint')
  const sound = fs.readFileSync(path)
  const codes = new Set<string>()
  const damages = [
    ...Array.from({ length: sound.length }, (_, length) => sound.subarray(0, length)),
    ...Array.from({ length: sound.length }, (_, at) => {
      const flipped = Buffer.from(sound)
      flipped[at] = (flipped[at] as number) ^ (1 << (at % 8))
      return flipped
    }),
    Buffer.concat([sound, Buffer.from('\n')]),
    Buffer.concat([sound, sound]),
  ]
  for (const damaged of damages) {
    const tried = async () => decodeContents(damaged, path)
    codes.add((await codeOf(tried())).replace(/:.*/s, ''))
  }
  fs.writeFileSync(path, damages[sound.length + 300] as Buffer)
  t.strictSame([...codes], ['checkpoint/torn'], `${damages.length} damages`)
  t.match(await codeOf(carryOn({ folder })), /^checkpoint\/torn: .*run\.checkpoint is no checkpoint of Sluice, or is damaged/)
  fs.writeFileSync(path, sound)
  await carryOn({ folder })
  t.strictSame(contentOf(folder), await whole(join(folder, '../whole'), csv), 'and nothing was lost by the refusals')
})

t.test('another input, schema, option or output is refused by name, and costs nothing', async (t) => {
  const content = dirtyCsv(9, 600_000)
  const folder = await aborted(t, content)
  const input = join(folder, '../input')
  const { atime, mtime } = fs.statSync(input)
  const refused = async (run: Partial<Run>, what: RegExp) => t.match(await codeOf(carryOn({ folder, ...run })), what)
  const rewrite = (text: string, time = mtime) => {
    fs.writeFileSync(input, text)
    fs.utimesSync(input, atime, time)
  }
  await refused({ options: { ...csv, maxErrors: 7 } }, /^checkpoint\/foreign: The checkpoint .* is of other options \(maxErrors\)\. /)
  await refused({ options: { ...csv, mask: ['age'], quote: "'" } }, /other options \(mask, quote\)/)
  await refused({ schema: { ...rules, required: ['id'] } }, /^checkpoint\/foreign: .* is of another schema/)
  const { valid, invalid, violations, report } = outputsIn(folder)
  await refused({ targets: { valid, invalid, report } }, /other outputs: they were invalid, valid, violations, and are invalid, valid\./)
  await refused({ targets: { valid: `${valid}-2`, invalid, violations } }, /^checkpoint\/foreign: .* other outputs: valid went to/)
  fs.copyFileSync(input, `${input}-2`)
  await refused({ input: `${input}-2` }, /^checkpoint\/foreign: .* is of another input, .*input\. /)
  rewrite(`${content}1,20,more\n`)
  await refused({}, /another input: the size of .*input was another/)
  rewrite(content, new Date(mtime.getTime() + 1))
  await refused({}, /another input: the modified of/)
  rewrite(content.replace('plain', 'Plain'))
  await refused({}, /^checkpoint\/foreign: .*another input: the (front|modified) of/)
  rewrite(content)
  // The time as it was, to the nanosecond, is past utimes; so the checkpoint is of another input even now, and begun anew.
  fs.rmSync(join(folder, 'run.checkpoint'))
  await carryOn({ folder })
  t.strictSame(contentOf(folder), await whole(join(folder, '../whole'), csv))
})

t.test('unfinished outputs that are gone or cut off are told of', async (t) => {
  const folder = await aborted(t, dirtyCsv(10, 600_000))
  const [temporary] = fs.readdirSync(folder).filter((file) => file.startsWith('.violations'))
  const path = join(folder, temporary as string)
  fs.truncateSync(path, 10)
  t.match(await codeOf(carryOn({ folder })), /^checkpoint\/lost: The unfinished output .*violations.* is gone or was cut off/)
  fs.rmSync(path)
  t.match(await codeOf(carryOn({ folder })), /^checkpoint\/lost/)
})

t.test('two runs at once: the second is refused', async (t) => {
  const folder = await aborted(t, dirtyCsv(11, 600_000))
  const first = checkpoint(join(folder, 'run.checkpoint'))
  await first.load()
  t.match(await codeOf(carryOn({ folder })), /^checkpoint\/locked/)
  await first.close()
  await carryOn({ folder })
  t.strictSame(contentOf(folder), await whole(join(folder, '../whole'), csv))
})

/** Has the disk take its time over `path`: `begun` is called at once, and `done` when the disk has done it. */
function slowDown(t: Test, step: 'rename' | 'rm', path: string, { begun, done }: { begun: () => void; done: () => void }): void {
  const original = promises[step] as (...args: unknown[]) => Promise<void>
  const slow = async (...args: unknown[]) => {
    if (args[step === 'rename' ? 1 : 0] !== path) return original(...args)
    begun()
    await new Promise((resolve) => setTimeout(resolve, 100))
    await original(...args)
    done()
  }
  const set = (way: typeof original) => {
    Object.assign(promises, { [step]: way })
    syncBuiltinESMExports()
  }
  set(slow)
  t.teardown(() => set(original))
}

for (const [what, step, file] of [
  ['the last checkpoint is written', 'rename', 'run.checkpoint'],
  ['an output gets its name', 'rename', 'valid'],
  ['the checkpoint is removed', 'rm', 'run.checkpoint'],
] as const) {
  t.test(`aborted while ${what}: closed waits for that`, async (t) => {
    const folder = join(t.testdir({ whole: {}, parts: {} }), 'parts')
    fs.writeFileSync(join(folder, '../input'), dirtyCsv(12, 20_000))
    const options = { ...csv, checkpointBytes: 1_000_000 }
    const kept = checkpoint(join(folder, 'run.checkpoint'))
    const aborter = new AbortController()
    const order: string[] = []
    slowDown(t, step, join(folder, file), { begun: () => aborter.abort(), done: () => order.push('done') })
    const parts = [fileSource(join(folder, '../input'), { checkpoint: kept }), validate(rules, { ...options, checkpoint: kept })] as const
    const run = pipeline(...parts, split(outputsIn(folder), { checkpoint: kept }), { signal: aborter.signal })
    t.match(await codeOf(run), /AbortError/)
    await kept.closed
    t.strictSame([...order, 'closed'], ['done', 'closed'])
    await carryOn({ folder, options })
    t.strictSame(contentOf(folder), await whole(join(folder, '../whole'), options))
  })
}

t.test('the lock of a process that was killed is free', unix, async (t) => {
  const folder = await aborted(t, dirtyCsv(11, 600_000))
  const api = new URL('../../../dist/index.js', import.meta.url).href
  const program = `import { checkpoint } from '${api}'
    await checkpoint(process.argv[1]).load()
    console.log('locked')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, join(folder, 'run.checkpoint')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  t.match(await codeOf(carryOn({ folder })), /^checkpoint\/locked/)
  child.kill('SIGKILL')
  await once(child, 'exit')
  await carryOn({ folder })
})

for (const [how, change, said] of [
  ['changes', (input: string) => fs.appendFileSync(input, '1,20,more\n'), /^input\/changed: The (size|modified) of .* changed while/],
  ['is removed', (input: string) => fs.rmSync(input), /^input\/changed: .*input was removed while it was read/],
] as const) {
  t.test(`an input that ${how} while it is read ends the run`, unix, async (t) => {
    const folder = t.testdir({ parts: {} })
    const input = join(folder, 'input')
    fs.writeFileSync(input, dirtyCsv(12, 2_000_000))
    const kept = checkpoint(join(folder, 'run.checkpoint'))
    const check = validate(rules, { ...csv, checkpoint: kept })
    check.once('data', () => change(input))
    const run = pipeline(
      fileSource(input, { checkpoint: kept }),
      check,
      split({ valid: join(folder, 'valid') }, { checkpoint: kept }),
    ).finally(() => kept.closed)
    t.match(await codeOf(run), said)
    t.strictSame(fs.readdirSync(folder).sort(), fs.existsSync(input) ? ['input', 'parts'] : ['parts'])
  })
}

const mounts = { skip: (process.platform !== 'linux' || process.getuid?.() !== 0) && 'needs root on Linux, to mount a small disk' }
t.test('a full disk: with more room, the same run goes on', mounts, async (t) => {
  const folder = join(t.testdir({ whole: {}, parts: {}, input: dirtyCsv(13, 1_500_000) }), 'parts')
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'pipe' })
  } catch {
    t.pass('this root may not mount')
    return
  }
  try {
    t.match(await codeOf(carryOn({ folder })), /^(sink\/unwritable: .* no space is left on its disk|checkpoint\/unwritable: .*ENOSPC)/)
    t.ok(fs.existsSync(join(folder, 'run.checkpoint')))
    t.notOk(fs.existsSync(join(folder, 'valid')))
    execFileSync('mount', ['-o', 'remount,size=40m', folder])
    const { kept } = await carryOn({ folder })
    t.ok(kept.resumedFrom)
    t.strictSame(contentOf(folder), await whole(join(folder, '../whole'), csv))
  } finally {
    execFileSync('umount', [folder])
  }
})

t.test('what fails before its first checkpoint leaves nothing', async (t) => {
  const folder = t.testdir({ parts: {}, input: 'a,b\n1,2\n' })
  t.match(await codeOf(carryOn({ folder: join(folder, 'parts') })), /^header\/missing/)
  t.strictSame(fs.readdirSync(join(folder, 'parts')), [])
})

t.test('inputs of a few bytes, and an empty one', async (t) => {
  for (const content of ['id,age\n', 'id,age\n1,20', '']) {
    const folder = join(t.testdir({ whole: {}, parts: {}, input: content }), 'parts')
    const options: ValidateOptions = { ...csv, allowEmpty: true }
    await carryOn({ folder, options })
    t.strictSame(contentOf(folder), await whole(join(folder, '../whole'), options))
  }
})

t.test('a compressed input is refused, whatever it is called', async (t) => {
  const folder = t.testdir({ parts: {}, plain: '', 'in.csv.br': 'id,age\n1,20\n' })
  fs.writeFileSync(join(folder, 'in.csv'), gzipSync('id,age\n1,20\n'))
  for (const name of ['in.csv', 'in.csv.br']) {
    t.match(
      await codeOf(carryOn({ folder: join(folder, 'parts'), input: join(folder, name) })),
      /^option\/invalid: The input .* is compressed/,
    )
  }
  t.strictSame(fs.readdirSync(join(folder, 'parts')), [])
})

t.test('what cannot be gone on with is refused before anything is written', unix, async (t) => {
  const folder = t.testdir({ input: 'id,age\n1,20\n' })
  const [input, path] = [join(folder, 'input'), join(folder, 'run.checkpoint')]
  const run = async (source: (kept: Checkpoint) => Readable, targets: Parameters<typeof split>[0]) => {
    const kept = checkpoint(path)
    const tried = async () => {
      const sink = split(targets, { checkpoint: kept })
      try {
        await pipeline(source(kept), validate(rules, { ...csv, checkpoint: kept }), sink)
      } finally {
        sink.destroy()
        await kept.closed
      }
    }
    return codeOf(tried())
  }
  const file = (kept: Checkpoint) => fileSource(input, { checkpoint: kept })
  const valid = join(folder, 'valid')
  t.match(await run(() => fileSource(input), { valid }), /^option\/invalid: .*the source, fileSource\(path, .* has it not/)
  t.match(await run(() => stdinSource(), { valid }), /^option\/invalid/)
  t.match(await run((kept) => fileSource('/dev/stdin', { checkpoint: kept }), { valid }), /^option\/invalid: A checkpoint needs an input/)
  t.match(await run((kept) => fileSource(input, { checkpoint: kept, start: 3 }), { valid }), /^option\/invalid: start and end/)
  t.match(
    await run((kept) => fileSource(input, { checkpoint: kept, compression: 'gzip' }), { valid }),
    /^option\/invalid: compression is gzip/,
  )
  t.match(await run(() => Readable.from([{ id: 1 }]), { valid }), /^option\/invalid: A checkpoint is for bytes/)
  t.match(await run(file, { valid: new PassThrough() }), /^option\/invalid: valid is a Writable/)
  t.match(await run(file, { valid: '/dev/stdout' }), /^option\/invalid: The output \/dev\/stdout is no file/)
  t.match(await run(file, { valid: input }), /^option\/invalid: The output .*input is the input/)
  t.match(await run(file, { valid: `${valid}.csv.gz` }), /^option\/invalid: The output .*valid\.csv\.gz is to be compressed/)
  t.match(await run(file, { valid: 'gs://bucket/key' }), /^option\/invalid: The output gs:\/\/bucket\/key is no file of this machine/)
  t.match(await run(file, { valid: path }), /^sink\/same-path/)
  for (const own of [`${path}.lock`, `${path}.invalid.upload`, join(folder, '.run.checkpoint.tmp')]) {
    t.match(await run(file, { valid, report: own }), /^sink\/same-path: .* of the checkpoint.* and report are both/)
    t.throws(() => fileSource(own, { checkpoint: checkpoint(path) }), { code: 'sink/same-path', message: /the input/ })
  }
  t.match(await run(file, { valid: folder }), /^sink\/unwritable: .* is a directory/)
  t.match(await run(file, { valid: join(folder, 'no/such') }), /^sink\/unwritable: .* folder does not exist/)
  const kept = checkpoint(path)
  const sink = split({ valid })
  const closed = new Promise((resolve) => sink.once('close', resolve))
  const apart = pipeline(fileSource(input, { checkpoint: kept }), validate(rules, { ...csv, checkpoint: kept }), sink)
  t.match(await codeOf(apart), /^option\/invalid: .*split\(targets, \{ checkpoint \}\) has it not/)
  t.throws(() => validate(rules, { checkpoint: kept }), { code: 'option/invalid' })
  await kept.closed
  await closed
  for (const given of [['source'], ['transform'], ['sink'], ['source', 'transform'], ['source', 'sink'], ['transform', 'sink']]) {
    const some = checkpoint(path)
    const of = (part: string) => (given.includes(part) ? { checkpoint: some } : {})
    const last = split({ valid }, of('sink'))
    const gone = new Promise((resolve) => last.once('close', resolve))
    const work = pipeline(fileSource(input, of('source')), validate(rules, { ...csv, ...of('transform') }), last)
    t.match(
      await codeOf(work),
      /^option\/invalid: All parts of a pipeline need the checkpoint .* it not;/,
      `given to ${given.join(' and ')} alone`,
    )
    await some.closed
    await gone
  }
  t.throws(() => checkpoint(''), { code: 'option/invalid' })
  t.strictSame(fs.readdirSync(folder), ['input'])
  t.equal(await run(file, { valid: '/dev/null' }), 'Error: it did not fail', 'what is dropped need not be kept')
  t.strictSame(fs.readdirSync(folder), ['input'])
})
