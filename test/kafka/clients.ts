import { Consumer, Producer } from '@platformatic/kafka'
import {
  type KafkaJSMessage,
  kafkajsMessages,
  kafkajsSink,
  type Message,
  type MessageClient,
  platformaticMessages,
  platformaticSink,
} from 'sluice'
import type { Topics } from './topics.js'

type Sink = (messages: readonly Message[]) => Promise<void>

/** One of the clients, open on a topic. */
export interface OpenClient {
  messages: MessageClient<Message>
  sink(topic: string): Sink
  close(): Promise<void>
}

export type Open = (topics: Topics, address: string, topic: string, groupId: string) => Promise<OpenClient>

export const clients: Record<string, Open> = {
  async kafkajs(topics, _address, topic, groupId) {
    const producer = topics.kafka.producer()
    const consumer = topics.kafka.consumer({ groupId, sessionTimeout: 3_000, heartbeatInterval: 300 })
    await Promise.all([producer.connect(), consumer.connect()])
    await consumer.subscribe({ topic, fromBeginning: true })
    return {
      messages: kafkajsMessages(consumer) as MessageClient<KafkaJSMessage> as MessageClient<Message>,
      sink: (to) => kafkajsSink(producer, to),
      close: async () => void (await Promise.all([producer.disconnect(), consumer.disconnect()])),
    }
  },
  async platformatic(_topics, address, topic, groupId) {
    const shared = { bootstrapBrokers: [address] }
    const producer = new Producer({ ...shared, clientId: 'producer' })
    const consumer = new Consumer({
      ...shared,
      clientId: 'consumer',
      groupId,
      sessionTimeout: 3_000,
      heartbeatInterval: 300,
      rebalanceTimeout: 3_000,
    })
    return {
      messages: platformaticMessages(consumer, { topics: [topic] }) as unknown as MessageClient<Message>,
      sink: (to) => platformaticSink(producer, to),
      close: async () => {
        await producer.close()
        await consumer.close(true)
      },
    }
  },
}
