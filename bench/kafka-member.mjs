// A member of a consumer group, for bench/kafka.mjs: takes nothing until it is told to go, and tells its processor time at the end.
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { deadLetters, kafkajsMessages, kafkajsSink, validateMessages } from '../dist/index.js'

const { address, topic, groupId, schema, sink, sinkMs, messagesInFlightMax } = JSON.parse(process.argv[2] ?? '')
const kafka = new Kafka({ clientId: 'bench', brokers: [address], logLevel: logLevel.NOTHING })
const producer = kafka.producer()
const consumer = kafka.consumer({ groupId })
await Promise.all([producer.connect(), consumer.connect()])
await consumer.subscribe({ topic, fromBeginning: true })

const stop = new AbortController()
/** @type {Promise<NodeJS.CpuUsage>} */
const started = new Promise((resolve) => {
  process.on('message', (said) => (said === 'go' ? resolve(process.cpuUsage()) : stop.abort()))
})
const messages = kafkajsMessages(consumer)
const sinks = {
  nowhere: { valid: () => {}, invalid: () => {} },
  topics: { valid: kafkajsSink(producer, `${topic}-valid`), invalid: deadLetters(kafkajsSink(producer, `${topic}-dead`)) },
  slow: { valid: () => sleep(sinkMs), invalid: () => {} },
}
const counts = await validateMessages(schema, { messagesInFlightMax }).split(
  { [Symbol.asyncIterator]: () => gated(messages[Symbol.asyncIterator]()) },
  {
    .../** @type {any} */ (sinks)[sink],
    commit: messages.commit,
    stop: stop.signal,
  },
)
const { user, system } = process.cpuUsage(await started)
process.send?.({ ...counts, cpuSeconds: (user + system) / 1e6 })
await Promise.all([producer.disconnect(), consumer.disconnect()])
process.disconnect()

/** Lets nothing through before the start. @param {AsyncIterator<any>} iterator */
function gated(iterator) {
  return {
    next: async () => {
      await started
      return iterator.next()
    },
    return: () => /** @type {Promise<any>} */ (iterator.return?.()),
  }
}
