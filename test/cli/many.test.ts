import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, linkSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { brotliCompressSync, gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { mergeReports, validateFiles } from 'sluice'
import t from 'tap'
import { shell, sluice, start } from './run-filter.js'

const schemaOf = {
  type: 'object',
  properties: { id: { type: 'integer' }, age: { type: 'integer', minimum: 18 } },
  required: ['id', 'age'],
}
const schema = ['--schema', 'schema.json']
const files = {
  'schema.json': JSON.stringify(schemaOf),
  in: {
    // Without a line end, so that the next one's records must not be glued to it.
    'a.csv': 'id,age\n1,20\nx,3',
    'b.csv': 'id,age\r\n3,40\r\n4,50',
    '.hidden.csv': 'no,records\n',
    sub: { 'c.csv': 'id,age\n5,60\n6,1\n' },
    'z.csv': 'id,age\n9,90\n',
  },
}
const valid = 'id,age\n1,20\n3,40\r\n4,50\n5,60\n9,90\n'
const invalid = 'id,age\nx,3\n6,1\n'
const unix = { skip: process.platform === 'win32' && 'needs bash' }

t.test('a folder, a pattern, names and a manifest are joined in the order of the inputs', async (t) => {
  const cwd = t.testdir({ ...files, list: 'in/a.csv\n\nin/b.csv\r\nin/sub\nin/z.csv' })
  const ways: [string, string[]][] = [
    ['a folder', ['in']],
    ['patterns', ['in/[ab].csv', 'in/s*/*.csv', 'in/z.*']],
    ['names', ['in/a.csv', 'in/b.csv', 'in/sub/c.csv', 'in/z.csv']],
    ['a pattern of folders', ['in/**/*.csv']],
    ['a manifest', ['--manifest', 'list']],
    ['a manifest behind names', ['--jobs', '1', 'in/a.csv', 'in/b.csv', 'in/sub', '--manifest', 'rest']],
  ]
  writeFileSync(join(cwd, 'rest'), 'in/z.csv\n')
  for (const [what, words] of ways) {
    const outputs = [
      '--valid',
      'ok.csv',
      '--invalid',
      'bad.csv.gz',
      '--violations',
      'why.ndjson',
      '--report',
      'report.json',
      '--reports',
      'r.ndjson',
    ]
    t.strictSame(await sluice(['validate', ...words, ...schema, ...outputs], { cwd }), { code: 1, stdout: '', stderr: '' }, what)
    const read = (name: string) => readFileSync(join(cwd, name), 'utf8')
    t.equal(read('ok.csv'), valid)
    t.equal(gunzipSync(readFileSync(join(cwd, 'bad.csv.gz'))).toString(), invalid)
    const lines = (name: string) =>
      read(name)
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
    t.strictSame(new Set(lines('why.ndjson').map(({ source }) => source)), new Set(['in/a.csv', 'in/sub/c.csv']))
    const each = lines('r.ndjson')
    t.strictSame(
      each.map(({ source, report }) => [source, report.counts.read, report.source]),
      [
        ['in/a.csv', 2, 'in/a.csv'],
        ['in/b.csv', 2, 'in/b.csv'],
        ['in/sub/c.csv', 2, 'in/sub/c.csv'],
        ['in/z.csv', 1, 'in/z.csv'],
      ],
    )
    t.strictSame(JSON.parse(read('report.json')), mergeReports(...each.map(({ report }) => report)), 'the report is that of all')
  }
  const onStandardOutput = await sluice(['validate', 'in', ...schema], { cwd })
  t.strictSame(onStandardOutput, { code: 1, stdout: valid, stderr: '' })
})

t.test('one that fails is told of and leaves nothing; the others go on', async (t) => {
  const cwd = t.testdir(files)
  const cut = gzipSync(`id,age\n${Array.from({ length: 50_000 }, (_, n) => `${n},7${n % 10}\n`).join('')}`)
  writeFileSync(join(cwd, 'in/c.csv.gz'), cut.subarray(0, -9))
  writeFileSync(join(cwd, 'in/d.csv'), 'age,id\n20,1\n')
  writeFileSync(join(cwd, 'in/e.csv'), 'id\n1\n')
  writeFileSync(join(cwd, 'in/f.ndjson'), '{"id":1,"age":20}\n')
  for (const ending of ['', '.gz', '.zst']) {
    for (const jobs of ending === '' ? ['1', '4'] : ['4']) {
      const outputs = [
        '--valid',
        `ok.csv${ending}`,
        '--violations',
        'why.ndjson',
        '--report',
        'report.json',
        '--reports',
        'r.ndjson',
        '--jobs',
        jobs,
      ]
      const { code, stderr } = await sluice(['validate', 'in', ...schema, ...outputs], { cwd })
      t.equal(code, 2)
      const told = stderr
        .trimEnd()
        .split('\n')
        .map((line) => /^sluice: failed: (\S+): .* \[(.*)\]$/.exec(line)?.slice(1))
      t.strictSame(told, [
        ['in/c.csv.gz', 'input/compression'],
        ['in/d.csv', 'sink/not-joined'],
        ['in/e.csv', 'header/missing'],
        ['in/f.ndjson', 'sink/not-joined'],
      ])
      const again = await sluice(['validate', `ok.csv${ending}`, ...schema], { cwd })
      t.strictSame(again, { code: 0, stdout: valid, stderr: '' })
      t.notMatch(readFileSync(join(cwd, 'why.ndjson'), 'utf8'), 'c.csv.gz')
      const report = JSON.parse(readFileSync(join(cwd, 'report.json'), 'utf8'))
      t.match(report, { complete: false, counts: { read: 7, valid: 5 }, sources: ['in/a.csv', 'in/b.csv', 'in/sub/c.csv', 'in/z.csv'] })
      const lines = readFileSync(join(cwd, 'r.ndjson'), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
      t.match(lines[2], { source: 'in/c.csv.gz', error: { code: 'input/compression' }, report: { complete: false } })
    }
  }
  const apart = await sluice(['validate', 'in', ...schema, '--report', 'report.json', '--valid', '/dev/null', '--output-dir', 'x'], { cwd })
  t.match(apart, { code: 2, stderr: /--valid and --output-dir/ })
})

t.test('--fail-fast makes no output', async (t) => {
  const cwd = t.testdir({ ...files, out: {} })
  const words = [
    'in/a.csv',
    'nothing.csv',
    'in/z.csv',
    '--fail-fast',
    '--valid',
    'out/ok.csv',
    '--report',
    'out/r.json',
    '--reports',
    'out/rs',
  ]
  t.match(await sluice(['validate', ...words, ...schema], { cwd }), {
    code: 2,
    stderr: /nothing\.csv does not exist.*\[input\/not-found\]/,
  })
  t.strictSame(readdirSync(join(cwd, 'out')), [])
})

t.test('--output-dir has the outputs of each by itself, and never looks into itself', async (t) => {
  const cwd = t.testdir(files)
  writeFileSync(join(cwd, 'in/d.csv.gz'), gzipSync('age,id\n20,1\n2,2\n'))
  writeFileSync(join(cwd, 'in/e.json'), '[{"id":1,"age":20},{"id":2,"age":2}]')
  for (const words of [['in'], ['./in/']]) {
    t.strictSame(await sluice(['validate', ...words, ...schema, '--output-dir', 'in/out'], { cwd }), { code: 1, stdout: '', stderr: '' })
    const read = (name: string) => readFileSync(join(cwd, 'in/out', name))
    t.equal(read('valid/in/a.csv').toString(), 'id,age\n1,20\n')
    t.equal(read('invalid/in/sub/c.csv').toString(), 'id,age\n6,1\n')
    t.equal(gunzipSync(read('valid/in/d.csv.gz')).toString(), 'age,id\n20,1\n')
    t.equal(read('valid/in/e.ndjson').toString(), '{"id":1,"age":20}\n')
    t.match(JSON.parse(read('reports/in/d.csv.gz.json').toString()), { counts: { read: 2, valid: 1 } })
    t.equal(readdirSync(join(cwd, 'in/out'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length, 24)
  }
  writeFileSync(join(cwd, 'a.csv'), 'id,age\n1,20\n')
  const same = await sluice(
    ['validate', 'a.csv', '../'.concat(cwd.split('/').at(-1) as string, '/a.csv'), './a.csv', ...schema, '--output-dir', 'o'],
    { cwd },
  )
  t.match(same, { code: 2, stderr: /\[sink\/same-path\]/ }, 'no output is overwritten by that of another input')
})

t.test('outputs of a run in a folder that it reads are no inputs', async (t) => {
  const cwd = t.testdir(files)
  for (let run = 0; run < 2; run += 1) {
    t.match(await sluice(['validate', 'in', ...schema, '--valid', 'in/zz.csv', '--report', 'in/zzz.json'], { cwd }), {
      code: 1,
      stderr: '',
    })
    t.equal(readFileSync(join(cwd, 'in/zz.csv'), 'utf8'), valid)
  }
})

t.test('an output is no input by whatever path it is given or found, and nothing else is taken for it', unix, async (t) => {
  for (const output of ['link/zz.csv', 'out/all.csv']) {
    const cwd = t.testdir({ ...files, out: {} })
    symlinkSync('in', join(cwd, 'link'))
    symlinkSync('../out/all.csv', join(cwd, 'in/yy.csv'))
    writeFileSync(join(cwd, 'out/all.csv'), 'id,age\n')
    // Another name of the same bytes, which is replaced, where the input stays.
    if (output === 'link/zz.csv') linkSync(join(cwd, 'in/z.csv'), join(cwd, 'in/zz.csv'))
    for (const words of ['in', 'in/**/*.csv']) {
      t.match(await sluice(['validate', words, ...schema, '--valid', output], { cwd }), { code: 1, stderr: '' })
      t.equal(readFileSync(join(cwd, output), 'utf8'), valid, `${output} of ${words}`)
    }
  }
  const cwd = t.testdir({ ...files, some: { '-': 'id,age\n7,70\n' } })
  const dashed = await sluice(['validate', '.', '--schema', '../schema.json'], { cwd: join(cwd, 'some') })
  t.strictSame(dashed, { code: 0, stdout: 'id,age\n7,70\n', stderr: '' })
})

t.test('exit codes: the worst of all', async (t) => {
  const cwd = t.testdir({ ...files, good: { '1.csv': 'id,age\n1,20\n', '2.csv': 'id,age\n2,20\n' }, none: {} })
  const run = (...words: string[]) => sluice(['validate', ...words, ...schema, '--valid', '/dev/null'], { cwd })
  t.strictSame(await run('good'), { code: 0, stdout: '', stderr: '' })
  t.equal((await run('good', 'in')).code, 1)
  writeFileSync(join(cwd, 'other.csv'), 'age,id\n20,1\n')
  t.strictSame(await run('good', 'other.csv'), { code: 0, stdout: '', stderr: '' }, 'records that go nowhere need not be alike')
  t.match(await run('good', '--report', 'no/folder.json'), { code: 2, stderr: /sink\/unwritable/ })
  t.match(await run('none', '--report', 'r.json'), { code: 2 })
  t.notOk(readdirSync(cwd).includes('r.json'), 'of nothing there is no report')
  t.match(await run('good', 'in', '--max-errors', '0'), { code: 3, stderr: /stopped: in\/a\.csv.*limit\/max-errors/ })
  t.match(await run('good', 'in', 'nope.csv', '--max-errors', '0'), { code: 2 })
  t.match(await run('none'), { code: 2, stderr: /There is no file in none.*input\/not-found/ })
  t.match(await run('good/*.tsv'), { code: 2, stderr: /There is no file in good\/\*\.tsv.*input\/not-found/ })
  t.match(await run('good', '--jobs', '0'), { code: 2, stderr: /option\/invalid/ })
  t.match(await run('good', '--valid', 'ok.csv.br'), { code: 2, stderr: /option\/invalid|has 2|given 2 times/ })
  t.match(await sluice(['validate', 'good', ...schema, '--valid', 'ok.csv.br'], { cwd }), { code: 2, stderr: /brotli/ })
  t.match(await sluice(['validate', 'good', ...schema, '--reports', '-', '--valid', '-'], { cwd }), { code: 2, stderr: /only one output/ })
})

t.test('a name that has the signs of a pattern, links, loops, and names that are no UTF-8', unix, async (t) => {
  const cwd = t.testdir(files)
  writeFileSync(join(cwd, 'in/[q].csv'), 'id,age\n7,70\n')
  symlinkSync('..', join(cwd, 'in/sub/loop'))
  symlinkSync('self', join(cwd, 'in/self'))
  symlinkSync('sub', join(cwd, 'in/zlink'))
  mkdirSync(join(cwd, 'bytes'))
  writeFileSync(Buffer.from(`${cwd}/bytes/n\xff.csv`, 'latin1'), 'id,age\n8,80\n')
  writeFileSync(Buffer.from(`${cwd}/bytes/n\xfe.csv`, 'latin1'), 'id,age\n7,70\n')
  t.strictSame(await sluice(['validate', 'in/[q].csv', ...schema], { cwd }), { code: 0, stdout: 'id,age\n7,70\n', stderr: '' })
  const looped = await sluice(['validate', 'in', ...schema, '--violations', '-'], { cwd })
  t.match(looped, { code: 2, stderr: /^sluice: failed: in\/self: .*ELOOP.*\n$/ })
  t.equal(looped.stdout.trimEnd().split('\n').length, 3, 'each folder is looked into once')
  const bytes = await sluice(['validate', 'bytes', ...schema, '--reports', 'r.ndjson'], { cwd })
  t.strictSame(bytes, { code: 0, stdout: 'id,age\n7,70\n8,80\n', stderr: '' })
  t.match(readFileSync(join(cwd, 'r.ndjson'), 'utf8'), /n\\\\xfe\.csv.*\n.*n\\\\xff\.csv/)
  const manifest = await shell('ls bytes/* in/a.csv | sluice validate --manifest - --schema schema.json', { cwd })
  t.match(manifest, { code: 1, stdout: 'id,age\n7,70\n8,80\n1,20\n', stderr: '' })
})

t.test('compressed in and out, by name and by option, through pipes', unix, async (t) => {
  const cwd = t.testdir(files)
  writeFileSync(join(cwd, 'a.csv.gz'), gzipSync('id,age\n1,20\nx,3\n'))
  writeFileSync(join(cwd, 'odd'), brotliCompressSync('id,age\n1,20\nx,3\n'))
  const one = await sluice(['validate', 'a.csv.gz', ...schema, '--valid', 'ok.csv.gz', '--report', 'r.json.gz'], { cwd })
  t.strictSame(one, { code: 1, stdout: '', stderr: '' })
  t.equal(gunzipSync(readFileSync(join(cwd, 'ok.csv.gz'))).toString(), 'id,age\n1,20\n')
  t.match(JSON.parse(gunzipSync(readFileSync(join(cwd, 'r.json.gz'))).toString()), { source: 'a.csv.gz', format: 'csv' })
  t.match(await shell('cat a.csv.gz | sluice validate --schema schema.json', { cwd }), { code: 1, stdout: 'id,age\n1,20\n' })
  t.match(await sluice(['validate', 'odd', ...schema, '--compression', 'brotli'], { cwd }), { code: 1, stdout: 'id,age\n1,20\n' })
  t.match(await sluice(['validate', 'a.csv.gz', ...schema, '--decompressed-bytes-max', '9'], { cwd }), {
    code: 3,
    stderr: /limit\/decompressed-bytes/,
  })
  t.match(await sluice(['validate', 'a.csv.gz', ...schema, '--compression', 'lz4'], { cwd }), { code: 2, stderr: /option\/invalid/ })
  writeFileSync(join(cwd, 'cut.csv.gz'), gzipSync('id,age\n1,20\nx,3\n').subarray(0, -1))
  const cut = await sluice(['validate', 'cut.csv.gz', ...schema, '--valid', 'cut-ok.csv', '--report', 'cut.json'], { cwd })
  t.match(cut, { code: 2, stderr: /was cut\. \[input\/compression\]/ })
  t.match(JSON.parse(readFileSync(join(cwd, 'cut.json'), 'utf8')), { complete: false, counts: { read: 2, valid: 1 } })
  t.notOk(readdirSync(cwd).includes('cut-ok.csv'))
})

t.test('law: whatever the number of jobs, the outcomes and the outputs are the same', async (t) => {
  const cwd = t.testdir(files)
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 2, max: 9 }),
      async (sizes, jobs) => {
        execFileSync('rm', ['-rf', join(cwd, 'law')])
        mkdirSync(join(cwd, 'law'))
        sizes.forEach((size, n) => {
          const text = `id,age\n${Array.from({ length: size }, (_, row) => `${n}${row},${(row * 7) % 90}`).join('\n')}`
          writeFileSync(join(cwd, 'law', `${String.fromCharCode(97 + n)}.csv.gz`), gzipSync(text).subarray(0, n % 5 === 4 ? -3 : undefined))
        })
        const outcomes = async (jobs: number) => {
          const seen = []
          for await (const { source, report, error } of validateFiles([join(cwd, 'law')], schemaOf, { jobs })) {
            seen.push([source, report?.counts, (error as { code?: string } | undefined)?.code])
          }
          return JSON.stringify(seen)
        }
        return (await outcomes(1)) === (await outcomes(jobs))
      },
    ),
    { numRuns: 8 },
  )
})

t.test('validateFiles: what is wrong with the whole is thrown before anything is read, and leaving it lets go', async (t) => {
  const cwd = t.testdir(files)
  await t.rejects(validateFiles([], { type: 'nonsense' }).next(), { code: 'schema/invalid' })
  await t.rejects(validateFiles([], {}, { jobs: 0 }).next(), { code: 'option/invalid' })
  const controller = new AbortController()
  controller.abort()
  await t.rejects(validateFiles([join(cwd, 'in')], {}, { signal: controller.signal }).next())
  for await (const { source } of validateFiles([join(cwd, 'in')], schemaOf, { jobs: 4 })) {
    t.equal(source, join(cwd, 'in/a.csv'))
    break
  }
  const failed = []
  for await (const { error } of validateFiles(['nope', join(cwd, 'in')], schemaOf, { failFast: true })) failed.push(error)
  t.match(failed, [{ code: 'input/not-found' }])
})

t.test('validateFiles: a list that keeps one waiting holds back no outcome and no abort', async (t) => {
  const cwd = t.testdir(files)
  let isClosed = false
  let more = () => {}
  async function* words() {
    try {
      yield join(cwd, 'in/a.csv')
      await new Promise<void>((resolve) => {
        more = resolve
      })
    } finally {
      isClosed = true
    }
  }
  const controller = new AbortController()
  const outcomes = validateFiles(words(), schemaOf, { jobs: 1, signal: controller.signal })
  t.match(await outcomes.next(), { value: { source: join(cwd, 'in/a.csv'), report: { counts: { read: 2 } } } })
  const waiting = outcomes.next()
  controller.abort(new Error('enough'))
  await t.rejects(waiting, { message: 'enough' })
  t.notOk(isClosed)
  more()
  await delay(10)
  t.ok(isClosed, 'the list is closed when it can be')
})

t.test('a manifest that names nothing is a failure, and one whose writer stays holds up no end', unix, async (t) => {
  const cwd = t.testdir({ ...files, 'all.csv': 'stale', 'in.csv': 'id,age\n1,20\n' })
  for (const text of ['', '\n\r\n']) {
    const none = await sluice(['validate', '--manifest', '-', ...schema, '--valid', 'all.csv', '--report', 'r.json'], { cwd, input: text })
    t.match(none, { code: 2, stderr: /^sluice: The manifest - names no input; .*\[input\/not-found\]\n$/ })
    t.strictSame(readdirSync(cwd), ['all.csv', 'in', 'in.csv', 'schema.json'])
    t.equal(readFileSync(join(cwd, 'all.csv'), 'utf8'), 'stale')
  }
  execFileSync('mkfifo', [join(cwd, 'list')])
  for (const [manifest, option, code, last] of [
    ['list', '--jobs=1', 130, /\nsluice: Interrupted\. \[SIGINT\]\n$/],
    ['-', '--fail-fast', 2, /\nsluice: The input no\.csv does not exist.*\n$/],
  ] as const) {
    const child = start(['validate', '--manifest', manifest, option, ...schema, '--reports', '/dev/stderr', '--valid', '/dev/null'], cwd)
    const writer = manifest === '-' ? (child.stdin as Writable) : createWriteStream(join(cwd, 'list'))
    let told = ''
    child.stderr?.on('data', (chunk) => {
      told += chunk
    })
    writer.write('in.csv\n')
    await once(child.stderr as NodeJS.ReadableStream, 'data')
    t.match(told, /^\{"source":"in\.csv",/, 'the first is told of while the list goes on')
    if (manifest === '-') writer.write('no.csv\n')
    else child.kill('SIGINT')
    t.equal((await once(child, 'close'))[0], code)
    t.match(told, last)
    writer.destroy()
  }
})

t.test('a signal ends a run of many, and leaves no output', unix, async (t) => {
  const cwd = t.testdir({ ...files, out: {} })
  const line =
    'mkfifo p; "$NODE" "$FILTER" validate in p --schema schema.json --valid out/ok.csv.gz --reports out/r & pid=$!; exec 3> p; sleep 2; kill -INT $pid; wait $pid; echo $?; ls -A out'
  const { stdout, stderr } = await shell(`set -m; ${line}`, { cwd })
  t.equal(stdout, '130\n')
  t.match(stderr, /sluice: Interrupted\. \[SIGINT\]/)
})
