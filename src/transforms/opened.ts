import type { NativeStream, StreamOptions } from '../native.js'
import type { Recycler } from '../recycle.js'
import type { RecordCheck } from '../schema/checks.js'
import { Ahead } from './ahead.js'
import { ByteFeed } from './byte-feed.js'
import { ByteVerdicts } from './byte-verdicts.js'
import type { Feed } from './feed.js'
import { Flight, type FlightHost } from './flight.js'
import { FlushTimer } from './flush-timer.js'
import type { Glancing } from './glancing.js'
import { ByteLanding, type Landing, type LandingHost, RecordLanding } from './landing.js'
import { LateStop } from './late-stop.js'
import { flushMsDefault, limitOf } from './options.js'
import { RecordFeed } from './record-feed.js'
import type { RecordQueue } from './record-queue.js'
import type { Stopping } from './stopping.js'
import type { Tally } from './tally.js'
import type { Upstream } from './upstream.js'

/** Batches on their way at once, beyond one for each thread: one waits for a thread, so that none waits for the event loop, and one is handed on. */
const slotsBeyondThreads = 2

/** All that there is once the first chunk is seen. */
export interface Opened {
  readonly flight: Flight
  readonly feed: Feed
  /** Makes chunks of bytes; undefined for a stream of objects. */
  readonly chunks: ByteVerdicts | undefined
  /** Where objects wait; undefined for a stream of bytes. */
  readonly queue: RecordQueue | undefined
  readonly landing: Landing
  /** Where rules in JavaScript may stop the stream. */
  readonly lateStop: LateStop | undefined
  readonly flushTimer: FlushTimer
}

/** What a stream was opened as. */
export interface OpenedAs {
  readonly isBytes: boolean
  /** It goes on from where an earlier one has stopped. */
  readonly isResumed: boolean
  readonly glancing: Glancing | undefined
}

/** What the stream gives to its parts. */
export interface OpenedHost extends FlightHost, LandingHost {
  readonly checks: readonly RecordCheck[]
  readonly tally: Tally
  readonly stopping: Stopping | undefined
  readonly recycler: Partial<Recycler>
  readonly upstream: Upstream
  /** A chunk was taken; `waits` when part of it waits for its batch to fill. */
  taken(waits: boolean): void
  flush(): void
}

/** The parts of a stream of bytes, or of objects. */
export function openedOn(
  native: NativeStream,
  { threads, source }: StreamOptions,
  { isBytes, isResumed, glancing }: OpenedAs,
  host: OpenedHost,
): Opened {
  const { options, checks, tally, stopping } = host
  const flight = new Flight(native, threads + slotsBeyondThreads, host)
  const flushTimer = new FlushTimer(options.flushMs ?? flushMsDefault, flight, () => host.flush())
  const feedHost = { flight, taken: (waits: boolean) => host.taken(waits) }
  const isCsv = lazily(() => JSON.parse(native.report('', '', false) ?? '{}').format === 'csv')
  const lateStop = stopping && new LateStop(native, stopping)
  const judging = { checks, tally, lateStop, concurrency: limitOf('checkConcurrency', options), source: source ?? null, isCsv }
  if (isBytes) {
    const chunks = new ByteVerdicts(native, options.emit === 'all', isResumed)
    const landing = new ByteLanding(host, judging, chunks)
    return { flight, flushTimer, chunks, queue: undefined, feed: new ByteFeed(feedHost, host.recycler), landing, lateStop }
  }
  const { guard, isDestroyed, upstream } = host
  const recordHost = { ...feedHost, guard, isDestroyed, pilesUp: upstream.pilesUp, handOn: (chunk: unknown) => handOn(chunk, host) }
  const ahead = glancing?.mayHandOn ? new Ahead(native) : undefined
  const feed = new RecordFeed(recordHost, options.select, { glance: glancing?.glance, ahead })
  const { queue } = feed
  return { flight, flushTimer, chunks: undefined, queue, feed, landing: new RecordLanding(host, judging, queue), lateStop }
}

/** Of an object that is valid, ahead of its batch. */
function handOn(chunk: unknown, { counts, outlet }: OpenedHost): void {
  counts.read += 1
  counts.valid += 1
  outlet.push(chunk)
}

/** A function that calls `make` once, when it is first called. */
function lazily<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
