import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { validateFiles } from 'sluice'
import t from 'tap'
import { files, schema, schemaOf } from './many-files.js'
import { shell, sluice, start } from './run-filter.js'

const unix = { skip: process.platform === 'win32' && 'needs bash' }

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
