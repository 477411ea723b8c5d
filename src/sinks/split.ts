import { Writable } from 'node:stream'
import type { Checkpoint } from '../checkpoint/checkpoint.js'
import { encodeRecord } from '../encode.js'
import { SluiceError } from '../errors.js'
import type { StreamSnapshot } from '../native.js'
import { type Releaser, releaseKey } from '../recycle.js'
import type { Report } from '../report.js'
import { isS3Url } from '../s3/location.js'
import { refuseSamePaths } from '../same-path.js'
import { type Refusal, type Subscribable, subscribeKey, type Verdict, verdictOf } from '../verdict.js'
import type { Violation } from '../violation.js'
import { DurableOutputs } from './durable-sink.js'
import { OutputSink } from './output-sink.js'
import { pathSink } from './path-sink.js'
import { isProcessStream, Target } from './target.js'

/** A path or `s3://bucket/key`, written whole or not at all and compressed by its name (`.gz`, `.zst`, `.br`), or any Writable, which is ended with the stream unless it is the process's own. */
export type SplitTarget = string | Writable

export interface SplitTargets {
  /** The valid records, byte for byte. */
  valid?: SplitTarget | undefined
  /** The refused records, byte for byte, for CSV with the header row: the file can be corrected and run again. */
  invalid?: SplitTarget | undefined
  /** The violations as NDJSON, one a line; warnings, of valid records too, have `severity`. */
  violations?: SplitTarget | undefined
  /** The report as indented JSON. */
  report?: SplitTarget | undefined
}

export interface SplitOptions {
  /** What is written when the outputs have what came before, to go on from after a crash: `checkpoint(path)`. All targets are paths or `s3://bucket/key` then. */
  checkpoint?: Checkpoint | undefined
}

type Part = keyof SplitTargets

/**
 * A Writable for the end of a pipeline whose last transform is `validate()`: it sends what was valid, what was refused, the violations and
 * the report each to its own target. What has no target is dropped.
 *
 * After a stream of objects, a path, or a Writable of bytes, gets each object as a line of JSON; a Writable in object mode gets the valid
 * objects themselves, for `invalid` a `Refusal` (`{ record, violations, index }`), for `violations` each Violation, and the Report.
 *
 * When the stream was stopped (`maxErrors`, a rule of severity `abort`, `onUndecided`), violations and report are completed, while valid and invalid, which are not whole, are
 * discarded. On any other error, all are; but those that a checkpoint speaks of stay, under their temporary names, for the next run.
 *
 * Throws `option/invalid` and `sink/same-path`. The stream fails with `sink/unwritable`, at its opening for a path that cannot be written,
 * with `sink/no-verdict` when its chunks do not come straight from `validate()`, and with Node's `ERR_STREAM_PREMATURE_CLOSE` when a Writable
 * is destroyed before it has taken everything.
 */
export function split(targets: SplitTargets, options: SplitOptions = {}): Split {
  return new Split(targets, options)
}

/** The stream that `split` makes. */
export class Split extends Writable {
  readonly #targets = new Map<Part, Target>()
  readonly #owned: Writable[] = []
  #source: unknown
  #report: Report | undefined
  // What is completed at the end, in this order, before the report; the rest is discarded.
  #kept: readonly Part[] = ['invalid', 'violations', 'valid']
  readonly #checkpoint: Checkpoint | undefined
  readonly #durable: DurableOutputs | undefined
  #settleHold: (() => void) | undefined
  #finishing: Promise<void> | undefined
  /** What the stream had come to at its end. */
  #snapshot: StreamSnapshot | undefined

  constructor(targets: SplitTargets, { checkpoint }: SplitOptions = {}) {
    super({ objectMode: true, highWaterMark: 1 })
    checkTargets(targets)
    const paths = checkpoint && pathsOnly(targets)
    this.#checkpoint = checkpoint
    this.#durable = checkpoint && new DurableOutputs(checkpoint)
    const durable = paths && this.#durable?.open(paths)
    for (const [part, target] of Object.entries(targets) as [Part, SplitTarget | undefined][]) {
      if (target === undefined) continue
      const isOwned = typeof target === 'string'
      const stream = isOwned ? (durable?.get(part) ?? pathSink(target)) : target
      if (isOwned) this.#owned.push(stream)
      this.#targets.set(part, new Target(part, stream, { isOwned, fail: (error) => void this.destroy(error) }))
    }
    this.on('pipe', (source) => this.#subscribe(source))
  }

  override _construct(callback: (error?: Error | null) => void): void {
    // A path that cannot be written is told of before anything is read; an empty write comes back once the file is open.
    const opened = this.#owned.map((stream) => new Promise<void>((resolve) => stream.write('', () => resolve())))
    Promise.all(opened).then(() => callback())
  }

  override _write(chunk: unknown, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#take(chunk).then(() => callback(), callback)
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#finishing = this.#finish()
    this.#finishing.then(() => callback(), callback)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#closeAll().then(() => {
      this.#settleHold?.()
      callback(error)
    })
  }

  async #closeAll(): Promise<void> {
    await this.#durable?.settle()
    await Promise.all([...this.#targets.values()].map((target) => target.letGo()))
    if (!this.#durable) return
    // While outputs get their names and the checkpoint is removed, another run must have neither. The targets are all ours, so it comes to an end.
    await this.#finishing?.catch(() => {})
    await this.#durable.close()
  }

  #subscribe(source: unknown): void {
    this.#source = source
    ;(source as Partial<Subscribable>)[subscribeKey]?.({
      parts: true,
      refused: (refusals, violations) => this.#takeRefusals(refusals, violations),
      report: (report, hold) => this.#takeReport(report, hold),
    })
  }

  #takeReport(report: Report, hold: Verdict['hold'], unfinished?: Verdict['unfinished']): void {
    this.#report = report
    if (!hold) return
    if (unfinished !== 'keep') this.#kept = unfinished === 'discard' ? [] : ['violations']
    hold(
      new Promise((resolve) => {
        this.#settleHold = resolve
      }),
    )
  }

  async #take(chunk: unknown): Promise<void> {
    this.#checkpoint?.checkParts()
    const verdict = verdictOf(chunk)
    if (!verdict) return this.#takeRecord(chunk)
    if (verdict.report) this.#takeReport(verdict.report, verdict.hold, verdict.unfinished)
    if (verdict.report) this.#snapshot = verdict.snapshot
    await Promise.all([
      this.#send('valid', chunk as Buffer),
      this.#send('invalid', verdict.invalid),
      this.#send('violations', verdict.violations),
    ])
    if (verdict.snapshot && !verdict.report) this.#durable?.begin(verdict.snapshot, (error) => this.destroy(error))
  }

  async #takeRecord(record: unknown): Promise<void> {
    if (
      record instanceof Uint8Array ||
      typeof record === 'string' ||
      !(this.#source as Partial<Subscribable> | undefined)?.[subscribeKey]
    ) {
      throw new SluiceError(
        'sink/no-verdict',
        'split() needs the chunks as validate() makes them: put it straight after validate() in the pipeline.',
      )
    }
    await this.#sendObject('valid', record, record)
  }

  async #takeRefusals(refusals: Refusal[], violations: Violation[]): Promise<void> {
    for (const refusal of refusals) await this.#sendObject('invalid', refusal, refusal.record)
    for (const violation of violations) await this.#sendObject('violations', violation, violation)
  }

  /** `object` for a Writable of objects, `line` as JSON for one of bytes. */
  async #sendObject(part: Part, object: unknown, line: unknown): Promise<void> {
    const target = this.#targets.get(part)
    if (!target) return
    await target.write(target.stream.writableObjectMode ? object : `${encodeRecord(line)}\n`)
  }

  #send(part: Part, bytes: Buffer): Promise<void> | undefined {
    const target = this.#targets.get(part)
    const release = () => (this.#source as Partial<Releaser> | undefined)?.[releaseKey]?.(bytes)
    if (!target) release()
    if (!target || bytes.length === 0) return
    // What a checkpoint speaks of must have been written.
    const { stream } = target
    if (stream instanceof OutputSink && !this.#durable) return stream.writeBehind(bytes, () => stream.letsGo && release())
    return target.writeThrough(bytes)
  }

  async #finish(): Promise<void> {
    this.#checkpoint?.checkParts()
    if (!this.#report) {
      throw new SluiceError('sink/no-verdict', 'split() has seen no report: put it straight after validate() in the pipeline.')
    }
    const isKept = (part: Part) => part === 'report' || this.#kept.includes(part)
    const letGoRest = () => Promise.all([...this.#targets].map(([part, target]) => (isKept(part) ? undefined : target.letGo())))
    if (this.#durable) await this.#durable.end(this.#snapshot)
    else await letGoRest()
    await this.#endAll(this.#report)
    await this.#durable?.remove()
    // Only now, since a run that went on from the checkpoint would have needed them.
    if (this.#durable) await letGoRest()
    this.#settleHold?.()
  }

  /** Ends what is to be completed. No file gets its name before all is written; the report comes last: where it stands, the rest is in its place. */
  async #endAll(report: Report): Promise<void> {
    const kept = this.#kept.map((part) => this.#targets.get(part))
    const last = this.#targets.get('report')
    const text = `${JSON.stringify(report, null, 2)}\n`
    const isOurs = last?.stream instanceof OutputSink
    await Promise.all([...kept.map((target) => target?.prepare()), isOurs && last.prepare(text)])
    await Promise.all(kept.map((target) => target?.end()))
    if (isOurs) await last.end()
    else await last?.end(last.stream.writableObjectMode ? report : text)
  }
}

function pathsOnly(targets: SplitTargets): Map<string, string> {
  const given = Object.entries(targets).filter(([, target]) => target !== undefined)
  for (const [part, target] of given) {
    if (typeof target === 'string') continue
    throw new SluiceError(
      'option/invalid',
      `${part} is a Writable, and a run with a checkpoint cannot take back what it has written there; give a path.`,
    )
  }
  return new Map(given)
}

function checkTargets(targets: SplitTargets): void {
  if (typeof targets !== 'object' || targets === null) throw new SluiceError('option/invalid', 'split() takes an object of targets.')
  const streams = new Map<Writable, string>()
  const paths: [part: string, path: string][] = []
  for (const [part, target] of Object.entries(targets)) {
    if (!['valid', 'invalid', 'violations', 'report'].includes(part)) {
      throw new SluiceError(
        'option/invalid',
        `split() has no target ${JSON.stringify(part)}; it has valid, invalid, violations and report.`,
      )
    }
    if (target === undefined) continue
    if (typeof target !== 'string' && typeof target?.write !== 'function') {
      throw new SluiceError('option/invalid', `${part} must be a path or a Writable.`)
    }
    if (typeof target === 'string') paths.push([part, target])
    else if (!isProcessStream(target)) {
      const other = streams.get(target)
      if (other) throw new SluiceError('sink/same-path', `${other} and ${part} are the same stream; give each its own.`)
      streams.set(target, part)
      if (isFileSink(target)) paths.push([part, target.path])
    }
  }
  refuseSamePaths(paths)
}

// Two objects of one URL may still be on two servers.
function isFileSink(target: Writable): target is OutputSink {
  return target instanceof OutputSink && target.path !== '-' && !isS3Url(target.path)
}
