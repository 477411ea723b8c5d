import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { compare, megabytes, times } from './harness.mjs'
import { startDistance, startServer, useEndpoint } from './s3-server.mjs'
import { max, median, min } from './statistics.mjs'
import { loadSluice } from './subject.mjs'

const mebibyte = 2 ** 20
const sizes = [64, 512]
const distances = [
  { name: '20 ms', size: 512, delayMs: 20 },
  // A hundred MB/s on one connection, about what one to S3 gives from beside it; and a quarter of that.
  { name: '20 ms, 2 MiB on the way at most', size: 512, delayMs: 20, windowBytes: 2 * mebibyte },
  { name: '20 ms, 512 KiB on the way at most', size: 64, delayMs: 20, windowBytes: mebibyte / 2 },
]

/** How fast is an object read in ranges, and does memory stay flat? @param {import('./harness.mjs').Settings} settings */
export async function ask(settings) {
  const server = await startServer()
  try {
    for (const size of sizes) await put(size)
    const speed = []
    for (const distance of distances) speed.push(await askSpeed(distance, server.port, settings))
    useEndpoint(server.port)
    return [...speed, await askMemory(settings)]
  } finally {
    server.stop()
  }
}

/** @param {(typeof distances)[number]} distance @param {number} port @param {import('./harness.mjs').Settings} settings */
async function askSpeed({ name, size, ...how }, port, settings) {
  const distance = await startDistance(port, how)
  useEndpoint(distance.port)
  const contenders = [
    contender('one GetObject', size, { variant: 'plain' }),
    contender('s3Source', size, {}),
    contender('s3Source, 8 ranges in flight', size, { options: { rangesInFlight: 8 } }),
    contender('s3Source, 16 ranges of 4 MiB', size, { options: { rangesInFlight: 16, rangeBytes: 4 * mebibyte } }),
  ]
  const { results, idleBytes, busiest } = await compare(contenders, settings)
  distance.stop()
  const rows = results.map(({ name, seconds, ratios, peakBytes }, at) => [
    name,
    `${(size / median(seconds)).toFixed(0)} MiB/s`,
    // The ratios are of times, and what is asked is how much faster.
    at === 0 ? '' : times(1 / median(ratios)),
    at === 0 ? '' : `${times(1 / max(ratios))} – ${times(1 / min(ratios))}`,
    megabytes(peakBytes - idleBytes),
  ])
  return {
    title: `S3: ${size} MiB, ${name}`,
    table: { head: ['contender', 'rate', 'of the first', 'from – to', 'peak RSS over idle'], rows },
    busiest,
  }
}

/** @param {import('./harness.mjs').Settings} settings */
async function askMemory(settings) {
  const rows = []
  let busiest = 0
  for (const [variant, what] of [
    ['ranges', 's3Source to nowhere'],
    ['copy', 's3Source to s3Sink'],
  ]) {
    for (const size of sizes) {
      const comparison = await compare([contender(`${variant}-${size}`, size, { variant })], settings)
      const [result] = comparison.results
      busiest = Math.max(busiest, comparison.busiest)
      if (result) rows.push([what ?? '', `${size} MiB`, megabytes(result.peakBytes), megabytes(result.peakBytes - comparison.idleBytes)])
    }
  }
  return { title: 'S3: memory', table: { head: ['', 'object', 'peak RSS', 'over idle Node'], rows }, busiest }
}

/** @param {string} name @param {number} size @param {Partial<import('./child.mjs').Job>} more @returns {import('./harness.mjs').Contender} */
function contender(name, size, more) {
  return { name, job: { contender: 's3', input: urlOf(size), schema: {}, missing: true, ...more } }
}

/** @param {number} size */
const urlOf = (size) => `s3://bench/${size}-mebibytes`

/** @param {number} size */
async function put(size) {
  const { s3Sink } = await loadSluice()
  const piece = Buffer.alloc(mebibyte, 'some bytes of an object')
  const pieces = function* () {
    for (let number = 0; number < size; number++) {
      piece.writeUInt32LE(number)
      yield Buffer.from(piece)
    }
  }
  await pipeline(Readable.from(pieces()), s3Sink(urlOf(size)))
}
