import { linkSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { mergeReports } from 'sluice'
import t from 'tap'
import { files, invalid, schema, schemaOf, valid } from './many-files.js'
import { shell, sluice } from './run-filter.js'

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

t.test('comments and skipped blank lines before a header row are none of it', async (t) => {
  const cwd = t.testdir({
    'schema.json': JSON.stringify(schemaOf),
    'a.csv': '# of a\nid,age\n1,20\n',
    'b.csv': '# of b\r\n\r\n# "more\nid,age\r\n# of 2\n2,20\n3,1\n',
    'c.csv': '# of a\nage,id\n20,4\n',
    'dialect.json': '{"commentChar":"#"}',
  })
  const outputs = ['--valid', 'ok.csv', '--invalid', 'bad.csv', '--skip-blank-lines']
  for (const comment of [
    ['--comment', '#'],
    ['--dialect', 'dialect.json'],
  ]) {
    const { code, stderr } = await sluice(['validate', 'a.csv', 'b.csv', 'c.csv', ...schema, ...outputs, ...comment], { cwd })
    t.equal(code, 2)
    t.match(stderr, /c\.csv has another header row than a\.csv.*\[sink\/not-joined\]/)
    t.equal(readFileSync(join(cwd, 'ok.csv'), 'utf8'), '# of a\nid,age\n1,20\n# of 2\n2,20\n')
    t.equal(readFileSync(join(cwd, 'bad.csv'), 'utf8'), '# of a\nid,age\n3,1\n')
  }
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

t.test('--fail-fast makes no output that speaks of more than one input', async (t) => {
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
  const apart = ['--fail-fast', '--jobs', '1', '--output-dir', 'apart', '--report', 'out/r.json', '--reports', 'out/rs']
  t.match(await sluice(['validate', 'in/a.csv', 'nothing.csv', 'in/z.csv', ...apart, ...schema], { cwd }), { code: 2 })
  t.strictSame(readdirSync(join(cwd, 'out')), [])
  t.strictSame(readdirSync(join(cwd, 'apart/valid/in')), ['a.csv'], 'what was finished apart from the rest stays')
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
