import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

/** The compiled filter, as a user's shell finds it. */
export const filterPath = fileURLToPath(new URL('../../../dist/filter/sluice.js', import.meta.url))

/** A module of the filter, which the package does not export. */
export function filterModule<T>(name: string): Promise<T> {
  return import(new URL(`../../../dist/cli/${name}`, import.meta.url).href) as Promise<T>
}

export interface Outcome {
  code: number | null
  stdout: string
  stderr: string
}

export interface Surroundings {
  cwd: string
  /** What standard input holds; nothing by default. */
  input?: string
  environment?: NodeJS.ProcessEnv
}

/** Runs `sluice` with `words`. */
export async function sluice(words: readonly string[], { cwd, input = '', environment = {} }: Surroundings): Promise<Outcome> {
  const child = spawn(process.execPath, [filterPath, ...words], { cwd, env: surroundings(environment), stdio: 'pipe' })
  // A filter that fails before it reads leaves its input.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  return outcomeOf(child)
}

/** Runs a line of bash, in which `sluice` is the filter. Its code is that of the line. */
export async function shell(line: string, { cwd, environment = {} }: Omit<Surroundings, 'input'>): Promise<Outcome> {
  const script = `sluice() { "$NODE" "$FILTER" "$@"; }\n${line}`
  return outcomeOf(spawn('bash', ['-c', script], { cwd, env: surroundings(environment), stdio: ['ignore', 'pipe', 'pipe'] }))
}

/** Starts `sluice` and leaves it running; standard output and standard error are pipes. */
export function start(words: readonly string[], cwd: string, stdin: 'pipe' | 'ignore' | number = 'pipe'): ChildProcess {
  return spawn(process.execPath, [filterPath, ...words], { cwd, env: surroundings({}), stdio: [stdin, 'pipe', 'pipe'] })
}

async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout as NodeJS.ReadableStream),
    text(child.stderr as NodeJS.ReadableStream),
    once(child, 'close'),
  ])
  return { code, stdout, stderr }
}

// The tests' own surroundings may ask for colours or coverage, which would show in what is compared.
function surroundings(more: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { FORCE_COLOR: _force, NO_COLOR: _no, SLUICE_DEBUG: _debug, ...rest } = process.env
  return { ...rest, NODE: process.execPath, FILTER: filterPath, ...more }
}

/** A schema and an input that has two refused records of five, with more than one violation. */
export const people = {
  'people.schema.json': JSON.stringify({
    type: 'object',
    properties: { id: { type: 'integer' }, age: { type: 'integer', minimum: 18 } },
    required: ['id', 'age'],
  }),
  'people.csv': 'id,age\n1,20\nx,3\n3,40\n4,5\n5,60\n',
  'valid.csv': 'id,age\n1,20\n3,40\n5,60\n',
  'invalid.csv': 'id,age\nx,3\n4,5\n',
}
