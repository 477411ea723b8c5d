import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Kafka, logLevel } from 'kafkajs'

const run = promisify(execFile)
const startMs = 150_000
// Not compiled for a long life: the broker is up sooner, and leaves the cores to what is tested.
const javaOptions = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn']
const clusterId = 'MkU3OEVBNTcwNTJENDM2Qk'

/** A real broker on loopback, alone in its cluster (KRaft). */
export interface Broker {
  address: string
  stop(): Promise<void>
}

/** The folder with Kafka's jars; or why there is none. With CI=true that is no excuse. */
export async function kafkaJars(): Promise<{ folder: string } | { missing: string }> {
  const script = new URL('../../../scripts/install-kafka.mjs', import.meta.url).href
  try {
    const { installKafka } = (await import(script)) as { installKafka(): string }
    return { folder: installKafka() }
  } catch (error) {
    if (process.env.CI === 'true') throw error
    return { missing: (error as Error).message }
  }
}

export async function startBroker(jars: string): Promise<Broker> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-broker-'))
  const [port, controllerPort] = [await freePort(), await freePort()]
  const address = `127.0.0.1:${port}`
  const properties = join(folder, 'server.properties')
  await writeFile(properties, settings(folder, address, `127.0.0.1:${controllerPort}`))
  const java = [...javaOptions, '-cp', `${jars}/*`]
  await run('java', [...java, 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', properties])
  const log = await open(join(folder, 'log'), 'w')
  const child = spawn('java', [...java, 'kafka.Kafka', properties], { stdio: ['ignore', log.fd, log.fd] })
  await log.close()
  // A test that is ended from outside must not leave a broker behind.
  const kill = () => void child.kill('SIGKILL')
  process.once('exit', kill)
  const stop = async () => {
    await ended(child)
    process.off('exit', kill)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await untilUp(address, child)
  } catch (cause) {
    const told = await readFile(join(folder, 'log'), 'utf8')
    await stop()
    throw new Error(`The broker did not start: ${told}`, { cause })
  }
  return { address, stop }
}

function settings(folder: string, address: string, controller: string): string {
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@${controller}`,
    `listeners=PLAINTEXT://${address},CONTROLLER://${controller}`,
    `advertised.listeners=PLAINTEXT://${address}`,
    'controller.listener.names=CONTROLLER',
    `log.dirs=${join(folder, 'data')}`,
    'offsets.topic.replication.factor=1',
    'offsets.topic.num.partitions=1',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'transaction.state.log.num.partitions=1',
    'auto.create.topics.enable=false',
    'group.initial.rebalance.delay.ms=0',
    // Short, so that the death of a consumer is soon noticed.
    'group.min.session.timeout.ms=1000',
  ].join('\n')
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

async function untilUp(address: string, child: ChildProcess): Promise<void> {
  const admin = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING, retry: { retries: 0 } }).admin()
  const until = Date.now() + startMs
  for (;;) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`)
    try {
      await admin.connect()
      await admin.listTopics()
      await admin.disconnect()
      return
    } catch (error) {
      if (Date.now() > until) throw error
      await sleep(100)
    }
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await exit
}
