/**
 * A member of a consumer group: orders in; the valid ones go to one topic, the refused ones with their reasons to another. Start as many as
 * there are partitions; Kafka deals these out. SIGTERM ends it in good order: what was read is written and committed.
 *
 *     node build/pipelines/kafka-split.js localhost:9092 orders
 */
import { Kafka, logLevel } from 'kafkajs'
import { deadLetters, field, kafkajsMessages, kafkajsSink, schema, validateMessages } from 'sluice'

const order = schema({
  id: field.integer().min(0),
  customer: field.string().pattern(/^c\d+$/),
  amount: field.number().min(0).multipleOf(0.01),
})

const [brokers = 'localhost:9092', topic = 'orders'] = process.argv.slice(2)
const kafka = new Kafka({ clientId: `kafka-split-${process.pid}`, brokers: brokers.split(','), logLevel: logLevel.ERROR })
const producer = kafka.producer()
const consumer = kafka.consumer({ groupId: `${topic}-split`, sessionTimeout: 6_000, heartbeatInterval: 1_000 })
const stop = new AbortController()
process.once('SIGTERM', () => stop.abort())

await Promise.all([producer.connect(), consumer.connect()])
await consumer.subscribe({ topic, fromBeginning: true })

const orders = kafkajsMessages(consumer)
// What is in flight is what comes again after a crash.
const counts = await validateMessages(order, { messagesInFlightMax: 2_000 }).split(orders, {
  valid: kafkajsSink(producer, `${topic}-valid`),
  invalid: deadLetters(kafkajsSink(producer, `${topic}-dead`)),
  commit: orders.commit,
  stop: stop.signal,
})
await Promise.all([consumer.disconnect(), producer.disconnect()])

console.log(`${counts.read} orders read, ${counts.valid} valid, ${counts.invalid} invalid`)
