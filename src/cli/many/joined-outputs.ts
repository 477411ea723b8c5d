import { devNull } from 'node:os'
import { finished, Writable } from 'node:stream'
import { fileSink, type Report, SluiceError, s3Sink, stdoutSink, type Verdict, type Violation, verdictOf } from '../../index.js'
import { isS3Url } from '../../s3/location.js'
import { outputError } from '../../sinks/output.js'
import { letGo } from '../ending.js'

type Part = 'valid' | 'invalid' | 'violations'
type Sink = ReturnType<typeof fileSink>

const lineEnds = [0x0a, 0x0d]
const lineFeed = Buffer.from('\n')

/** What every input has to have in common with the first one, so that their records can stand in one file. */
interface Likeness {
  source: string
  headerRow: string | undefined
  format: 'csv' | 'json' | undefined
  delimiter: string | null | undefined
}

/**
 * One file each for the valid records, the refused ones and the violations of all inputs, in the order of the inputs and with one header row,
 * that of the first one with the comments before it.
 * Of an input that fails nothing stays in a file; what went to standard output or a pipe before it failed has gone.
 */
export class JoinedOutputs {
  readonly #sinks = new Map<Part, Sink>()
  readonly #turns = new Map<number, () => void>()
  readonly #done = new Set<number>()
  #turn = 0
  #ends = new Map<Part, number>()
  likeness: Likeness | undefined
  /** Outputs that are objects of S3, which cannot take anything back, with how often each was written to. */
  readonly #kept = new Map<Part, number>()
  #failure: Error | undefined
  readonly #headerRowOf: (header: Buffer) => string

  constructor(
    paths: Readonly<Record<Part, string | undefined>>,
    whenReaderLeaves: 'stop' | 'drain',
    headerRowOf: (header: Buffer) => string,
  ) {
    this.#headerRowOf = headerRowOf
    for (const part of ['valid', 'invalid', 'violations'] as const) {
      const path = paths[part]
      // Records that go nowhere need not be alike.
      if (path === undefined || path === devNull) continue
      const sink = path === '-' ? stdoutSink({ whenReaderLeaves }) : isS3Url(path) ? s3Sink(path) : fileSink(path, { whenReaderLeaves })
      // Who writes is told of a failure; this keeps Node from taking it for one that nobody heard.
      sink.on('error', () => {})
      this.#sinks.set(part, sink)
      if (isS3Url(path)) this.#kept.set(part, 0)
    }
  }

  /** Resolves when all files are open; rejects where one cannot be written. */
  async open(): Promise<void> {
    await Promise.all([...this.#sinks.values()].map((sink) => write(sink, Buffer.alloc(0))))
  }

  /** The Writable of the input of that number; every number has to have one. */
  sink(source: string, index: number): Writable {
    return new JoinedPart(this, source, index)
  }

  get joinsRecords(): boolean {
    return this.#sinks.has('valid') || this.#sinks.has('invalid')
  }

  /** The header row in what an input has before its first record. */
  headerRow(header: Buffer | undefined): string | undefined {
    return header && this.#headerRowOf(header)
  }

  turn(index: number): Promise<void> {
    return index === this.#turn ? Promise.resolve() : new Promise((resolve) => this.#turns.set(index, resolve))
  }

  release(index: number): void {
    this.#turns.delete(index)
    this.#done.add(index)
    while (this.#done.delete(this.#turn)) this.#turn += 1
    this.#turns.get(this.#turn)?.()
    this.#turns.delete(this.#turn)
  }

  async mark(): Promise<() => Promise<void>> {
    const { likeness } = this
    const ends = new Map(this.#ends)
    const kept = new Map(this.#kept)
    const marks = await Promise.all([...this.#sinks.values()].map(async (sink) => ({ path: sink.path, rollBack: await sink.mark() })))
    return async () => {
      for (const [part, count] of this.#kept) {
        if (count === kept.get(part)) continue
        const text = `An input failed after part of it had gone to ${this.#sinks.get(part)?.path}, and an object of S3 cannot take it back; no output is made. Leave that input out, or write to files.`
        throw new SluiceError('sink/unwritable', text)
      }
      this.likeness = likeness
      this.#ends = ends
      await Promise.all(marks.map(({ path, rollBack }) => rollBack?.().catch((cause) => Promise.reject(outputError(cause, path)))))
    }
  }

  async write(part: Part, bytes: Buffer): Promise<void> {
    const sink = this.#sinks.get(part)
    if (!sink || bytes.length === 0) return
    if (this.#kept.has(part)) this.#kept.set(part, (this.#kept.get(part) ?? 0) + 1)
    await write(sink, bytes)
    this.#ends.set(part, bytes.at(-1) as number)
  }

  /** Ends the last line of what stands in `part`, where the input before had none at its end. */
  async endLine(part: Part): Promise<void> {
    const end = this.#ends.get(part)
    if (end !== undefined && !lineEnds.includes(end)) await this.write(part, lineFeed)
  }

  /** The outputs hold what they should not: an input failed, and what it wrote could not be taken back. */
  fail(failure: Error): void {
    this.#failure ??= failure
  }

  /** Throws what keeps the outputs from being made. */
  refuseFailed(): void {
    if (this.#failure) throw this.#failure
  }

  /** Makes the files appear under their names, once what is wrong with all records together is told. */
  async finish(ofWhole: readonly Violation[]): Promise<void> {
    this.refuseFailed()
    await this.write('violations', Buffer.from(ofWhole.map((violation) => `${JSON.stringify(violation)}\n`).join('')))
    for (const sink of this.#sinks.values()) {
      const ended = new Promise<void>((resolve, reject) =>
        finished(sink, { readable: false }, (error) => (error ? reject(error) : resolve())),
      )
      sink.end()
      await ended
    }
  }

  async discard(): Promise<void> {
    await Promise.all([...this.#sinks.values()].map(letGo))
  }
}

function write(sink: Sink, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    sink.write(bytes, (error) => (error ? reject(error) : resolve()))
  })
}

/** The end of one input's pipeline: waits for its turn, and takes back what it wrote when the input fails. */
class JoinedPart extends Writable {
  readonly #outputs: JoinedOutputs
  readonly #source: string
  readonly #index: number
  #rollBack: (() => Promise<void>) | undefined
  #working: Promise<void> = Promise.resolve()
  #hasTurn = false
  #isStopped = false
  #isDone = false

  constructor(outputs: JoinedOutputs, source: string, index: number) {
    super({ objectMode: true, highWaterMark: 1 })
    this.#outputs = outputs
    this.#source = source
    this.#index = index
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#working = this.#take(chunk, verdictOf(chunk) as Verdict)
    this.#working.then(() => callback(), callback)
  }

  override _final(callback: (error?: Error | null) => void): void {
    if (!this.#isStopped) this.#isDone = true
    callback()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#letGo().then(
      () => callback(error),
      (failure) => {
        // The stream can tell of one failure alone, and has that of its input already.
        this.#outputs.fail(failure)
        callback(error ?? failure)
      },
    )
  }

  async #letGo(): Promise<void> {
    try {
      // One that still waits for its turn never wrote anything.
      if (this.#hasTurn) await this.#working.catch(() => {})
      if (!this.#isDone) await this.#rollBack?.()
    } finally {
      this.#outputs.release(this.#index)
    }
  }

  async #take(chunk: Buffer, { invalid, violations, header, validHeader = header, report, hold }: Verdict): Promise<void> {
    hold?.(new Promise((resolve) => this.once('close', resolve)))
    this.#isStopped = hold !== undefined
    await this.#outputs.turn(this.#index)
    if (this.destroyed) return
    this.#hasTurn = true
    if (!this.#rollBack) {
      this.#rollBack = await this.#outputs.mark()
      await this.#begin(header, validHeader)
    }
    await this.#outputs.write('valid', validHeader && chunk.length > 0 ? chunk.subarray(validHeader.length) : chunk)
    await this.#outputs.write('invalid', header ? invalid.subarray(header.length) : invalid)
    await this.#outputs.write('violations', violations)
    if (report && !hold) this.#compare(report)
  }

  async #begin(header: Buffer | undefined, validHeader: Buffer | undefined): Promise<void> {
    const outputs = this.#outputs
    await outputs.endLine('valid')
    await outputs.endLine('invalid')
    const first = outputs.likeness
    const headerRow = outputs.headerRow(header)
    outputs.likeness ??= { source: this.#source, headerRow, format: undefined, delimiter: undefined }
    if (first && first.headerRow !== headerRow) this.#refuse(first, 'has another header row than')
    if (first) return
    for (const [part, own] of [
      ['valid', validHeader],
      ['invalid', header],
    ] as const) {
      if (!own || own.length === 0) continue
      await outputs.write(part, own)
      await outputs.endLine(part)
    }
  }

  #compare({ format, delimiter }: Report): void {
    const { likeness } = this.#outputs
    if (!likeness) return
    const form = format === 'csv' ? 'csv' : 'json'
    likeness.format ??= form
    if (likeness.delimiter === undefined) likeness.delimiter = delimiter
    if (likeness.format !== form) this.#refuse(likeness, 'is in another format than')
    if (likeness.delimiter !== delimiter) this.#refuse(likeness, 'has another delimiter than')
  }

  #refuse({ source }: Likeness, what: string): void {
    if (!this.#outputs.joinsRecords) return
    const text = `The input ${this.#source} ${what} ${source}, so their records cannot stand in one output; use --output-dir, or check them apart.`
    throw new SluiceError('sink/not-joined', text)
  }
}
