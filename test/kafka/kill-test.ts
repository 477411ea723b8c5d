import { type ChildProcess, spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import type { Broker } from './broker.js'
import type { Topics } from './topics.js'
import { until } from './until.js'

const orderCount = 100_000
const partitionCount = 4
/** What pipelines/kafka-split.ts allows itself, and what may be on its way to it beyond that when the group rebalances. */
const inFlightMax = 2_000
const handedOverMax = 64

function orders(): { partition: number; value: string }[] {
  return Array.from({ length: orderCount }, (_, id) => {
    const customer = isGood(id) ? `c${id % 977}` : `nobody ${id}`
    return { partition: id % partitionCount, value: JSON.stringify({ id, customer, amount: (id % 10_000) / 100 }, null, id % 3) }
  })
}

function isGood(id: number): boolean {
  return id % 10 !== 3
}

function startMember(broker: Broker, topic: string): ChildProcess {
  const program = fileURLToPath(new URL('../../pipelines/kafka-split.js', import.meta.url))
  return spawn(process.execPath, [program, broker.address, topic], { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** One of two members of a group is killed in the middle. */
export async function killTest(t: Test, broker: Broker, topics: Topics): Promise<void> {
  await topics.make(partitionCount, 'orders', 'orders-valid', 'orders-dead')
  const [doomed, survivor] = [startMember(broker, 'orders'), startMember(broker, 'orders')]
  t.teardown(() => [doomed, survivor].map((child) => child.kill('SIGKILL')))
  const output = text(survivor.stdout as NonNullable<typeof survivor.stdout>)
  let members = new Map<string, number[]>()
  await until('both members have partitions', async () => {
    members = await topics.members('orders-split')
    return members.size === 2 && [...members.values()].every((partitions) => partitions.length === partitionCount / 2)
  })
  const theirs = new Set(members.get(`kafka-split-${doomed.pid}`))

  const sent = topics.send('orders', orders())
  await until('a third is through', async () => (await topics.count('orders-valid')) > orderCount / 3)
  // Right after something was written, so that more often than not it is not committed yet.
  const written = await topics.count('orders-valid')
  while ((await topics.count('orders-valid')) === written);
  doomed.kill('SIGKILL')
  await new Promise((resolve) => doomed.once('exit', resolve))
  const sentAtDeath = await topics.count('orders')
  const committed = await topics.committed('orders-split', 'orders')
  const throughAtDeath = committed.reduce((sum, offset) => sum + offset, 0)
  t.ok(throughAtDeath > 0 && throughAtDeath < orderCount, `it was killed in the middle, at ${throughAtDeath}`)
  await sent
  await until('the survivor has committed all', async () => {
    const offsets = await topics.committed('orders-split', 'orders')
    return offsets.reduce((sum, offset) => sum + offset, 0) === orderCount
  })
  survivor.kill('SIGTERM')
  const [exitCode] = await new Promise<[number | null]>((resolve) => survivor.once('exit', (code) => resolve([code])))
  t.equal(exitCode, 0, 'the survivor ends in good order')
  t.match(await output, /^\d+ orders read, \d+ valid, \d+ invalid\n$/)

  const seen = new Map<number, number>()
  for (const [topic, good] of [
    ['orders-valid', true],
    ['orders-dead', false],
  ] as const) {
    for (const { value } of await topics.read(topic)) {
      const { id } = JSON.parse(String(value))
      if (isGood(id) !== good) t.fail(`order ${id} is in ${topic}`)
      seen.set(id, (seen.get(id) ?? 0) + 1)
    }
  }
  t.equal(seen.size, orderCount, 'none is lost')
  const again = [...seen].filter(([, times]) => times > 1).map(([id]) => id)
  const ofDoomed = again.filter((id) => theirs.has(id % partitionCount))
  const beforeCommit = ofDoomed.filter((id) => Math.floor(id / partitionCount) < (committed[id % partitionCount] as number))
  t.comment(
    `${sentAtDeath} sent and ${throughAtDeath} committed at the kill; came twice: ${ofDoomed.length} of the killed, ${again.length - ofDoomed.length} of the survivor`,
  )
  t.same(beforeCommit, [], 'what the killed member had committed came once')
  t.ok(ofDoomed.length <= inFlightMax, 'no more came twice than it had in flight')
  t.ok(again.length - ofDoomed.length <= inFlightMax + handedOverMax, 'nor more of the survivor, when the group rebalanced')
}
