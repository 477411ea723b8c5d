import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { installKafka } from '../scripts/install-kafka.mjs'
import { corpusFile, schemaOf } from './corpora/corpora.mjs'
import { quiet } from './quiet.mjs'
import { max, median, min } from './statistics.mjs'

const member = fileURLToPath(new URL('./kafka-member.mjs', import.meta.url))
const partitions = 8
const groupSizes = [1, 2, 4]
/** A sink that waits, as a database does: what a second member is for on a machine that is full already. */
const slow = { sinkMs: 50, messagesInFlightMax: 1_000 }
const kinds = [
  { sink: 'nowhere', told: 'to nowhere', share: 1 },
  { sink: 'topics', told: 'to two topics', share: 1 },
  { sink: 'slow', told: `to a sink of ${slow.sinkMs} ms a batch of ${slow.messagesInFlightMax / 4}`, share: 0.15, ...slow },
]

/** How does a consumer group scale, members and broker on one machine? @param {import('./harness.mjs').Settings} settings */
export async function ask(settings) {
  const count = settings.records ?? 400_000
  const rounds = Math.min(settings.rounds, 3)
  // What the tests start their broker with, so `npm run build:test` comes first.
  const { startBroker } = await import('../build/test/kafka/broker.js')
  const { Topics } = await import('../build/test/kafka/topics.js')
  const broker = await startBroker(installKafka())
  const topics = new Topics(broker.address)
  let busiest = 0
  try {
    await topics.admin.connect()
    const lines = readFileSync(await corpusFile('transactions', 'ndjson', { records: count }), 'utf8')
      .trimEnd()
      .split('\n')
    for (const { sink, share } of kinds) {
      await topics.make(partitions, sink, `${sink}-valid`, `${sink}-dead`)
      await topics.send(
        sink,
        lines.slice(0, count * share).map((value, at) => ({ partition: at % partitions, value })),
      )
    }
    const runs = kinds.flatMap((kind) =>
      groupSizes.map((size) => ({ kind, size, count: count * kind.share, done: /** @type {Run[]} */ ([]) })),
    )
    for (let round = 0; round < rounds; round++) {
      for (const { kind, size, count, done } of runs) {
        busiest = Math.max(busiest, await quiet(settings.force))
        const groupId = `${kind.sink}-${size}-${round}`
        done.push(await measure(topics, { address: broker.address, count, ...kind, topic: kind.sink, size, groupId }))
      }
    }
    const rows = runs.map(({ kind, size, count, done }) => [
      `${size}, ${kind.told}`,
      rate(median(done.map(({ seconds }) => count / seconds))),
      `${rate(min(done.map(({ seconds }) => count / seconds)))} – ${rate(max(done.map(({ seconds }) => count / seconds)))}`,
      rate(max(done.map(({ twice }) => twice))),
      `${((median(done.map(({ cpuSeconds }) => cpuSeconds)) / count) * 1e6).toFixed(1)} s`,
    ])
    const head = ['members', 'messages/s', 'least – greatest', 'came twice', 'their CPU time for a million']
    return [{ title: `A consumer group over ${count} transactions in ${partitions} partitions`, table: { head, rows }, busiest }]
  } finally {
    await topics.admin.disconnect()
    await broker.stop()
  }
}

/** @typedef {{ seconds: number, cpuSeconds: number, twice: number }} Run */

/**
 * From the moment that the members are told to go until the group has committed everything.
 * @param {import('../build/test/kafka/topics.js').Topics} topics
 * @param {{ address: string, count: number, topic: string, sink: string, size: number, groupId: string }} course @returns {Promise<Run>}
 */
async function measure(topics, { count, size, ...course }) {
  const { topic, groupId } = course
  const job = JSON.stringify({ ...course, schema: schemaOf('transactions') })
  const members = Array.from({ length: size }, () => fork(member, [job]))
  const told = members.map((child) => once(child, 'message'))
  while ((await shares(topics, groupId)) !== size) await sleep(50)
  const begun = performance.now()
  for (const child of members) child.send('go')
  while ((await topics.committed(groupId, topic)).reduce((sum, offset) => sum + offset, 0) < count) await sleep(10)
  const seconds = (performance.now() - begun) / 1000
  for (const child of members) child.send('stop')
  const outcomes = (await Promise.all(told)).map(([outcome]) => outcome)
  const read = outcomes.reduce((sum, outcome) => sum + outcome.read, 0)
  if (read < count) throw new Error(`${read} messages were read of ${count}.`)
  await Promise.all(members.map((child) => child.exitCode ?? once(child, 'exit')))
  return { seconds, twice: read - count, cpuSeconds: outcomes.reduce((sum, outcome) => sum + outcome.cpuSeconds, 0) }
}

/** How many members have their even share of the partitions. @param {import('../build/test/kafka/topics.js').Topics} topics @param {string} groupId */
async function shares(topics, groupId) {
  const { groups } = await topics.admin.describeGroups([groupId])
  return groups[0]?.state === 'Stable' ? groups[0].members.length : 0
}

/** @param {number} perSecond */
const rate = (perSecond) => Math.round(perSecond).toLocaleString('en-US')
