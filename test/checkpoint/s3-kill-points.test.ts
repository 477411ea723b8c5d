import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { ListMultipartUploadsCommand, ListPartsCommand, type MultipartUpload } from '@aws-sdk/client-s3'
import { isSluiceError, s3Source, split, type ValidateOptions, validate } from 'sluice'
import t from 'tap'
import { type FaultProxy, startFaultProxy } from '../s3/fault-proxy.js'
import { environmentOf, type S3Server, skipWithoutServer, startS3Server } from '../s3/s3-server.js'
import { dirtyCsv, dirtyNdjson, rules } from './dirty-files.js'
import { contentOf, type Order, outputNames, outputsAt } from './order.js'

const program = fileURLToPath(new URL('carry-on.js', import.meta.url))
const small: ValidateOptions = { batchBytes: 6_000, threads: 2, checkpointBytes: 12_000 }
const csv: ValidateOptions = { ...small, format: 'csv', comment: '#' }
t.setTimeout(600_000)

/** Uploads that stand on the server. */
async function uploadsOn({ client, bucket }: S3Server): Promise<MultipartUpload[]> {
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))
  return Uploads
}

/** Runs a program until it ends by itself, killing the first run at its first request, the second at its second, … */
class Killer {
  kills = 0
  /** Uploads whose beginning was answered to nobody, so that nobody can know of them. */
  unheard = 0
  readonly #order: Order
  readonly #server: S3Server
  readonly #proxy: FaultProxy
  readonly #when: 'before' | 'after'

  constructor(order: Order, server: S3Server, proxy: FaultProxy, when: 'before' | 'after') {
    this.#order = order
    this.#server = server
    this.#proxy = proxy
    this.#when = when
  }

  async run(): Promise<{ code: number | null; stderr: string }> {
    for (;;) {
      const child = spawn(process.execPath, [program, JSON.stringify(this.#order)], { stdio: ['ignore', 'ignore', 'pipe'] })
      const said = text(child.stderr)
      let number = 0
      this.#proxy.fault = ({ method, url }) => {
        number += 1
        if (number !== this.kills + 1) return number > this.kills ? { kind: 'hang' } : undefined
        if (this.#when === 'before') void this.#kill(child)
        else return { kind: 'done', then: () => void this.#kill(child, method === 'POST' && /[?&]uploads/.test(url ?? '')) }
        return { kind: 'hang' }
      }
      const [code, signal] = await once(child, 'exit')
      if (signal !== 'SIGKILL') return { code, stderr: await said }
      this.kills += 1
    }
  }

  /** Kills it when it has taken in all answers that it was given: at which of them it was, is not for the clock to say. */
  async #kill(child: ChildProcess, isBeginning = false): Promise<void> {
    if (isBeginning) this.unheard += 1
    const isSettled = async () => this.#proxy.pending() === 0 && (await this.#unrecorded()) <= this.unheard
    for (const begun = Date.now(); Date.now() - begun < 10_000 && !(await isSettled()); ) await delay(10)
    child.kill('SIGKILL')
  }

  async #unrecorded(): Promise<number> {
    const { folder } = this.#order
    const files = readdirSync(folder).filter((name) => name.endsWith('.upload'))
    const recorded = files.map((name) => textOf(join(folder, name))).join('')
    return (await uploadsOn(this.#server)).filter(({ UploadId = '' }) => !recorded.includes(UploadId)).length
  }
}

// It may be being removed.
function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

const withoutTimes = (report: string) => report.replace(/"(startedAt|endedAt)": "[^"]*"/g, '"$1"')

const cases: { name: string; input: string; options: ValidateOptions; when: 'before' | 'after'; local?: true }[] = [
  { name: 'CSV', input: dirtyCsv(21, 36_000), options: csv, when: 'before' },
  { name: 'NDJSON', input: dirtyNdjson(22, 24_000), options: { ...small, format: 'ndjson' }, when: 'after' },
  { name: 'CSV that stops at maxErrors', input: dirtyCsv(3, 36_000), options: { ...csv, maxErrors: 300 }, when: 'after' },
  { name: 'CSV to objects and files', input: dirtyCsv(23, 36_000), options: csv, when: 'after', local: true },
]

for (const { name, input, options, when, local } of cases) {
  t.test(`${name}: killed ${when} every request to S3 in turn`, { skip: skipWithoutServer }, async (t) => {
    const server = await startS3Server()
    const proxy = await startFaultProxy(server.port)
    t.teardown(async () => {
      await proxy.stop()
      await server.stop()
    })
    Object.assign(process.env, environmentOf(proxy.endpoint))
    const url = `s3://${server.bucket}`
    await server.put('in', input)
    const plain = pipeline(s3Source(`${url}/in`), validate(rules, options), split(outputsAt(`${url}/whole`)))
    const failure = await plain.catch((error) => error)
    const folder = t.testdir({})
    const outputs = outputsAt(`${url}/parts`)
    if (local) Object.assign(outputs, { invalid: join(folder, 'invalid'), report: join(folder, 'report') })
    const killer = new Killer({ input: `${url}/in`, folder, outputs, rules, options }, server, proxy, when)
    const outcome = await killer.run()
    proxy.fault = () => undefined
    t.equal(outcome.stderr, '')
    t.equal(outcome.code, isSluiceError(failure, 'limit/max-errors') ? 3 : 0)
    t.ok(killer.kills > 10, `${killer.kills} kills`)
    const etags = new Map((await server.objects()).map(({ Key = '', ETag }) => [Key, ETag]))
    const files = contentOf(folder)
    t.strictSame(Object.keys(files), local ? ['invalid', 'report'] : [], 'nothing else is left')
    for (const output of outputNames) {
      const [before, after] = [`whole/${output}`, `parts/${output}`]
      if (!etags.has(before)) t.notOk(etags.has(after) || output in files, output)
      else if (!local && output !== 'report') t.equal(etags.get(after), etags.get(before), output)
      else {
        const text = files[output] === undefined ? await server.get(after) : Buffer.from(files[output], 'latin1').toString()
        t.ok(withoutTimes(text) === withoutTimes(await server.get(before)), output)
      }
    }
    const left = await uploadsOn(server)
    t.equal(left.length, killer.unheard, `${killer.unheard} uploads were begun that nobody heard of`)
    for (const { Key, UploadId } of left) {
      const { Parts = [] } = await server.client.send(new ListPartsCommand({ Bucket: server.bucket, Key, UploadId }))
      t.strictSame(Parts, [], 'and none of them has parts')
    }
  })
}
