import { field, type Message, type MessagePosition, schema, validateMessages } from 'sluice'
import t from 'tap'

// The functions of the README, on records as the brokers' own clients give them.
const check = validateMessages(schema({ id: field.integer() }))
const values = ['{"id":1}', '{"id":"x"}', '{"id":3}']

async function run<M extends Message>(messages: readonly M[], commit: (positions: MessagePosition<M>[], done: readonly M[]) => unknown) {
  async function* source() {
    yield messages
  }
  const refused: M[] = []
  await check.split(source(), { valid: () => {}, invalid: (all) => refused.push(...all.map(({ message }) => message)), commit })
  return refused
}

t.test('Kinesis: a checkpoint is the last sequence number', async (t) => {
  const records = values.map((value, at) => ({
    Data: Buffer.from(value),
    PartitionKey: 'p',
    SequenceNumber: `4959033827149025660855969253836157109592157598913658${at}`,
  }))
  const fromKinesis = (record: (typeof records)[number]) => ({
    ...{ topic: 'stream', partition: 'shardId-000000000006', offset: record.SequenceNumber },
    ...{ key: record.PartitionKey, value: record.Data },
  })
  const checkpoints: unknown[] = []
  const commit = ([position]: MessagePosition[]) => checkpoints.push([position?.partition, position?.last.offset])
  const refused = await run(records.map(fromKinesis), commit)
  t.same(
    refused.map(({ offset }) => offset),
    [records[1]?.SequenceNumber],
  )
  t.same(checkpoints, [['shardId-000000000006', records[2]?.SequenceNumber]])
})

t.test('SQS: each message is deleted', async (t) => {
  const messages = values.map((Body, at) => ({ MessageId: `id-${at}`, ReceiptHandle: `receipt-${at}`, Body }))
  const fromSqs = (message: (typeof messages)[number]) => ({
    ...{ topic: 'queue', key: message.MessageId, value: message.Body, receipt: message.ReceiptHandle },
  })
  const deleted: string[] = []
  const refused = await run(messages.map(fromSqs), (positions, done) => {
    t.same(positions, [])
    deleted.push(...done.map(({ receipt }) => receipt))
  })
  t.same(
    refused.map(({ key }) => key),
    ['id-1'],
  )
  t.same(deleted, ['receipt-0', 'receipt-1', 'receipt-2'])
})

t.test('NATS: each message is acknowledged', async (t) => {
  const acknowledged: number[] = []
  const messages = values.map((value, at) => ({
    subject: 'orders.new',
    seq: at + 1,
    data: new TextEncoder().encode(value),
    ack: () => acknowledged.push(at + 1),
  }))
  const fromNats = (message: (typeof messages)[number]) => ({
    ...{ topic: message.subject, partition: 0, offset: message.seq, value: message.data, ack: () => message.ack() },
  })
  const refused = await run(messages.map(fromNats), (_positions, done) => done.forEach(({ ack }) => void ack()))
  t.same(
    refused.map(({ offset }) => offset),
    [2],
  )
  t.same(acknowledged, [1, 2, 3])
})
