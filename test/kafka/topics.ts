import { type Admin, AssignerProtocol, Kafka, type KafkaMessage, logLevel } from 'kafkajs'

/** What a test asks of a broker. */
export class Topics {
  readonly kafka: Kafka
  readonly admin: Admin

  constructor(address: string) {
    this.kafka = new Kafka({ clientId: 'test', brokers: [address], logLevel: logLevel.NOTHING })
    this.admin = this.kafka.admin()
  }

  async make(partitions: number, ...topics: string[]): Promise<void> {
    await this.admin.createTopics({ topics: topics.map((topic) => ({ topic, numPartitions: partitions })), waitForLeaders: true })
  }

  /** How many messages a topic has. */
  async count(topic: string): Promise<number> {
    const offsets = await this.admin.fetchTopicOffsets(topic)
    return offsets.reduce((sum, { high }) => sum + Number(high), 0)
  }

  /** What a group has committed, by partition; 0 where nothing. */
  async committed(groupId: string, topic: string): Promise<number[]> {
    const [found] = await this.admin.fetchOffsets({ groupId, topics: [topic] })
    const partitions = [...(found?.partitions ?? [])].sort((a, b) => a.partition - b.partition)
    return partitions.map(({ offset }) => Math.max(0, Number(offset)))
  }

  /** The partitions of each member of a group that is not rebalancing, by the client's id. */
  async members(groupId: string): Promise<Map<string, number[]>> {
    const { groups } = await this.admin.describeGroups([groupId])
    if (groups[0]?.state !== 'Stable') return new Map()
    return new Map(
      groups[0].members.map(({ clientId, memberAssignment }) => {
        const assigned = AssignerProtocol.MemberAssignment.decode(memberAssignment)
        return [clientId, Object.values(assigned?.assignment ?? {}).flat()]
      }),
    )
  }

  async send(
    topic: string,
    messages: { partition?: number; key?: Buffer | string | null; value: Buffer | string | null }[],
  ): Promise<void> {
    const producer = this.kafka.producer()
    await producer.connect()
    // A request has to stay below what a broker takes at once, 1 MiB a partition.
    const size = (messages[0]?.value?.length ?? 0) > 1_000 ? 50 : 5_000
    for (let at = 0; at < messages.length; at += size) await producer.send({ topic, messages: messages.slice(at, at + size) })
    await producer.disconnect()
  }

  /** All that a topic has now. */
  async read(topic: string): Promise<KafkaMessage[]> {
    const count = await this.count(topic)
    const consumer = this.kafka.consumer({ groupId: `reader-${Math.random()}` })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    const messages: KafkaMessage[] = []
    if (count > 0) {
      await new Promise<void>((resolve, reject) => {
        const eachBatch = async ({ batch }: { batch: { messages: KafkaMessage[] } }) => {
          messages.push(...batch.messages)
          if (messages.length >= count) resolve()
        }
        consumer.run({ autoCommit: false, eachBatch }).catch(reject)
      })
    }
    await consumer.disconnect()
    return messages
  }
}
