import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { stdinSource } from 'sluice'
import t from 'tap'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const api = new URL('../../../dist/index.js', import.meta.url).href
const onWindows = process.platform === 'win32'

/** A program that reads all of standard input and tells how many bytes there were, their sum, and the largest piece. */
const reader = `
  import { fileSource, stdinSource } from '${api}'
  const source = process.argv[1] ? fileSource(process.argv[1]) : stdinSource()
  let bytes = 0, sum = 0, largest = 0
  source.on('error', (error) => console.log(error.code, error.message))
  source.on('data', (piece) => { bytes += piece.length; largest = Math.max(largest, piece.length); for (const byte of piece) sum += byte })
  source.on('end', () => console.log(JSON.stringify({ path: source.path, bytes, sum, largest })))`

function start(program: string, stdin: 'pipe' | number, ...words: string[]): ChildProcess {
  return spawn(process.execPath, ['--input-type=module', '-e', program, ...words], { cwd: root, stdio: [stdin, 'pipe', 'inherit'] })
}

function shell(command: string, folder: string): string {
  const environment = { ...process.env, NODE: process.execPath, READER: reader }
  return execFileSync('bash', ['-c', command], { cwd: folder, env: environment, encoding: 'utf8' }).trim()
}

const read = '"$NODE" --input-type=module -e "$READER"'

t.throws(() => stdinSource({ readBytes: -1 }), { code: 'option/invalid' })

t.test('whatever standard input is', { skip: onWindows && 'needs bash' }, async (t) => {
  const folder = t.testdir({ small: 'abc' })
  writeFileSync(join(folder, 'big'), Buffer.alloc(3_000_000, 1))
  const all = { path: '-', bytes: 3_000_000, sum: 3_000_000 }
  t.match(JSON.parse(shell(`${read} < big`, folder)), { ...all, largest: 1024 * 1024 }, 'a file, 1 MiB at a time')
  t.match(JSON.parse(shell(`cat big | ${read}`, folder)), all, 'a pipe')
  t.match(JSON.parse(shell(`(head -c 1000000; sleep 0.2; cat) < big | ${read}`, folder)), all, 'a pipe that pauses')
  t.match(JSON.parse(shell(`(head -c 1 >/dev/null; ${read}) < small`, folder)), { bytes: 2 }, 'a file, from where the descriptor stands')
  t.match(JSON.parse(shell(`${read} <&-`, folder)), { bytes: 0 }, 'closed')
  t.match(JSON.parse(shell(`${read} < /dev/null`, folder)), { bytes: 0 }, '/dev/null')
  t.match(JSON.parse(shell(`cat big | ${read} /dev/stdin`, folder)), { ...all, path: '/dev/stdin' }, 'by its path')
  t.match(JSON.parse(shell(`${read} <(cat big)`, folder)), { bytes: 3_000_000 }, 'a substituted process')
  t.match(JSON.parse(shell(`mkfifo p; (cat big > p &) ; ${read} < p`, folder)), all, 'a named pipe')
  t.match(JSON.parse(shell(`(printf abc > p &) ; (sleep 0.3; ${read}) < p`, folder)), { bytes: 3 }, 'one whose writer has left')
  t.equal(shell(`${read} < .`, folder), 'input/unreadable Standard input is a directory; name a file in it.')
})

t.test('a socket, which is what Node gives its children', async (t) => {
  const child = start(reader, 'pipe')
  child.stdin?.end(Buffer.alloc(1_000_000, 1))
  t.match(JSON.parse(await text(child.stdout as NodeJS.ReadableStream)), { path: '-', bytes: 1_000_000, sum: 1_000_000 })
})

t.test('does not keep the process alive once it is destroyed', { skip: onWindows && 'needs mkfifo' }, async (t) => {
  const program = `
    import { stdinSource } from '${api}'
    const source = stdinSource()
    source.once('data', () => source.destroy())
    source.on('close', () => console.log('closed'))`
  const path = join(t.testdir(), 'pipe')
  execFileSync('mkfifo', [path])
  // Read and write, so that the open does not wait and the pipe never ends.
  const pipe = openSync(path, 'r+')
  for (const stdin of ['pipe', pipe] as const) {
    const child = start(program, stdin)
    if (stdin === 'pipe') child.stdin?.write('some')
    else writeFileSync(pipe, 'some')
    const [output, [code]] = await Promise.all([text(child.stdout as NodeJS.ReadableStream), once(child, 'exit')])
    t.equal(output, 'closed\n')
    t.equal(code, 0)
  }
  closeSync(pipe)
})
