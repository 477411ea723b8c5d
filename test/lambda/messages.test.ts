import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { functionPath, skipWithoutRuntime as skip, startFunction } from './function.js'

const good = '{"id":1,"name":"Ada","age":40}'
const young = '{"id":2,"name":"Bob","age":7}'
const sqs = (bodies: string[], queue = 'orders') => ({
  Records: bodies.map((body, at) => ({
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:us-east-1:1:${queue}`,
    messageId: `m${at}`,
    body,
  })),
})
const kinesis = (bodies: (string | Buffer)[]) => ({
  Records: bodies.map((body, at) => ({
    eventSource: 'aws:kinesis',
    kinesis: { sequenceNumber: `s${at}`, data: Buffer.from(body).toString('base64') },
  })),
})
const failures = (...ids: string[]) => ({ batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) })

async function start(t: Test, settings: object) {
  const lambda = await startFunction(functionPath('messages'), { SETTINGS: JSON.stringify(settings) })
  t.teardown(() => lambda.stop())
  const invoke = async (event: unknown, timeoutMs = 10_000) => {
    const { how, body, ms } = await lambda.invoke(event, timeoutMs)
    if (how !== 'response') throw new Error(body)
    return { answer: JSON.parse(body), ms }
  }
  /** What the targets have been given; it is in the log, which may come a little later than the answer. */
  const taken = async (count: number) => {
    for (const begun = Date.now(); Date.now() - begun < 5_000; await delay(20)) {
      const found = [...lambda.log.matchAll(/TAKEN (.*)\n/g)].map(([, json]) => JSON.parse(json ?? ''))
      if (found.length >= count) return found
    }
    throw new Error(`nothing was taken: ${lambda.log}`)
  }
  return { lambda, invoke, taken }
}

t.test('SQS: invalid messages are told as failed, the others are taken', { skip }, async (t) => {
  const { lambda, invoke, taken } = await start(t, {})
  const { answer } = await invoke(sqs([good, young, 'no JSON', '', `{"id":3,\n"name":"C"}`, `${good}\n${good}`]))
  t.strictSame(answer, failures('m1', 'm2', 'm3', 'm5'))
  t.strictSame(
    (await taken(1)).map((messages) => messages.map(({ id }: { id: string }) => id)),
    [['m0', 'm4']],
  )
  await lambda.stop()
  t.match(lambda.log, /Message m1 is told as failed, for it is invalid: age: minimum\./)
  t.notMatch(lambda.log, /Bob/, 'no value stands in the log')
})

t.test('SQS: a callback takes the refused ones with what is wrong', { skip }, async (t) => {
  const { invoke, taken } = await start(t, { invalid: 'tell' })
  t.strictSame((await invoke(sqs([young, good]))).answer, failures())
  const [refused] = (await taken(2)).filter(([first]) => 'violations' in first)
  t.match(refused, [{ message: { id: 'm0', value: young }, violations: [{ field: 'age', code: 'minimum', source: 'm0' }] }])
})

t.test('a target that fails has its messages told as failed, and no others', { skip }, async (t) => {
  const { invoke } = await start(t, { invalid: 'reject', valid: 'tell' })
  t.strictSame((await invoke(sqs([good, young]))).answer, failures('m1'))
  const other = await start(t, { invalid: 'tell', valid: 'reject' })
  t.strictSame((await other.invoke(sqs([good, young, good]))).answer, failures('m0', 'm2'))
  await other.lambda.stop()
  t.match(other.lambda.log, /messages\.valid failed, .*: the database is away/)
})

t.test('a target that does not come back in time has its messages told as failed, before the deadline', { skip }, async (t) => {
  const { invoke } = await start(t, { valid: 'hang' })
  const { answer, ms } = await invoke(sqs([good]), 2_500)
  t.strictSame(answer, failures('m0'))
  t.ok(ms < 2_500)
})

t.test('a FIFO queue: all from the first failure on come again, in their order', { skip }, async (t) => {
  const { invoke, taken } = await start(t, {})
  t.strictSame((await invoke(sqs([good, young, good, good], 'orders.fifo'))).answer, failures('m1', 'm2', 'm3'))
  t.strictSame(
    (await taken(1)).map((messages) => messages.map(({ id }: { id: string }) => id)),
    [['m0']],
  )
})

t.test('Kinesis: the shard is gone on with from the first failure', { skip }, async (t) => {
  const { invoke, taken } = await start(t, {})
  t.strictSame((await invoke(kinesis([good, good, young, good, Buffer.from([0xff])]))).answer, failures('s2'))
  t.strictSame(
    (await taken(1)).map((messages) => messages.map(({ id }: { id: string }) => id)),
    [['s0', 's1']],
  )
  t.strictSame((await invoke(kinesis([good]))).answer, failures())
  t.strictSame((await invoke(kinesis([Buffer.from([0x22, 0xff, 0x22])]))).answer, failures('s0'), 'what is no UTF-8 is no record')
})

t.test('messages that are files: refused when one record is', { skip }, async (t) => {
  const csv = await start(t, { format: 'csv' })
  const header = 'id,name,age\n'
  t.strictSame(
    (await csv.invoke(sqs([`${header}1,Ada,40\n2,Bob,50\n`, `${header}1,Ada,40\n2,Bob,7\n`, 'id,age\n1,40\n', '', header]))).answer,
    failures('m1', 'm2', 'm3'),
  )
  await csv.lambda.stop()
  t.match(csv.lambda.log, /Message m2 is told as failed, for it is invalid: header\/missing\./)
  const ndjson = await start(t, { format: 'ndjson' })
  t.strictSame((await ndjson.invoke(kinesis([`${good}\n${good}\n`, `${good}\n${young}\n`]))).answer, failures('s1'))
})

t.test('an event that is none of these', { skip }, async (t) => {
  const { lambda } = await start(t, {})
  const events = [
    ...[{}, null, 'text', { Records: [] }, { Records: [{ eventSource: 'aws:dynamodb' }] }, { Records: [null] }],
    { Records: [...sqs([good]).Records, ...kinesis([good]).Records] },
    { Records: [{ eventSource: 'aws:sqs', messageId: 'm0' }] },
    { Records: [{ eventSource: 'aws:s3', eventName: 'ObjectRemoved:Delete', s3: { bucket: { name: 'b' }, object: { key: 'k' } } }] },
    { Records: [{ eventSource: 'aws:s3', eventName: 'ObjectCreated:Put', s3: { bucket: { name: 'b' }, object: { key: '%' } } }] },
    { Records: [{ eventSource: 'aws:s3', eventName: 'ObjectCreated:Put', s3: { bucket: { name: 'b' }, object: { key: 'k' } } }] },
    { sluiceCheckpoints: [{ bucket: 'b' }] },
  ]
  for (const event of events) {
    const { how, body } = await lambda.invoke(event)
    t.equal(how, 'error', JSON.stringify(event))
    t.match(JSON.parse(body), { errorType: 'SluiceError', errorMessage: /^event\/unknown: / }, JSON.stringify(event))
  }
})
