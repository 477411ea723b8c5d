import t, { type Test } from 'tap'
import { header, line, lines } from '../transforms/people.js'
import { functionPath, skipWithoutRuntime as skip, startFunction } from './function.js'
import type { Invocation } from './runtime-api.js'

const chunkBytesLeast = 100 * 1024

async function start(t: Test, settings: object = {}) {
  const lambda = await startFunction(functionPath('response'), { SETTINGS: JSON.stringify(settings) })
  t.teardown(() => lambda.stop())
  return lambda
}

function post(body: string | Buffer, type = 'text/csv') {
  const isBase64Encoded = typeof body !== 'string'
  return { headers: { 'Content-Type': type }, body: isBase64Encoded ? body.toString('base64') : body, isBase64Encoded }
}

/** What the client of a function URL sees: the status, and the lines of the body. */
function read({ how, body }: Invocation): { status: number; type: string; rows: Record<string, unknown>[] } {
  if (how !== 'response') throw new Error(body)
  const [prelude = '', content = ''] = body.split('\0'.repeat(8))
  const { statusCode, headers } = JSON.parse(prelude)
  const rows = content
    .trimEnd()
    .split('\n')
    .map((row) => JSON.parse(row))
  return { status: statusCode, type: headers['content-type'], rows }
}

t.test('what is wrong with a file comes back in large chunks, and the report at the end', { skip }, async (t) => {
  const lambda = await start(t)
  const records = 20_000
  const answer = await lambda.invoke(post(header + lines(1, records)))
  t.equal(answer.headers['lambda-runtime-function-response-mode'], 'streaming')
  const { status, type, rows } = read(answer)
  t.strictSame([status, type], [200, 'application/x-ndjson'])
  t.equal(rows.length, records / 10 + 1)
  t.match(rows[0], { code: 'minimum', field: 'age', record: 3, line: 4 })
  t.match(rows.at(-1), { report: { complete: true, counts: { read: records, invalid: records / 10 } } })
  const large = answer.chunks.filter(({ bytes }) => bytes >= 60_000)
  t.ok(large.length >= 2, 'in more than one chunk')
  const total = answer.chunks.reduce((sum, { bytes }) => sum + bytes, 0)
  // A chunk may reach the other side in pieces of a socket's size; what is asked is that there are few.
  t.ok(answer.chunks.length <= 4 + (total / chunkBytesLeast) * 3, `${answer.chunks.length} chunks of ${total} bytes`)
})

t.test('chunks come while the file is checked', { skip }, async (t) => {
  // Records that take their time, so that the first chunk is out long before the last record is checked.
  const lambda = await start(t, { options: { threads: 1, batchBytes: 16 * 1024 }, responseChunkBytes: 1_000 })
  const { chunks } = await lambda.invoke(post(header + lines(1, 100_000)))
  const [first, last] = [chunks[0]?.atMs ?? 0, chunks.at(-1)?.atMs ?? 0]
  t.ok(chunks.length > 10 && first < last, `${chunks.length} chunks from ${first} to ${last} ms`)
})

t.test('NDJSON, and bytes in base64', { skip }, async (t) => {
  const lambda = await start(t)
  const { rows } = read(await lambda.invoke(post(Buffer.from('{"id":1,"name":"Ada"}\n{"id":2}\n'), 'application/x-ndjson; charset=utf-8')))
  t.match(rows, [{ code: 'required', record: 2 }, { report: { format: 'ndjson', complete: true } }])
})

t.test('a fault in the midst ends with a line that says so', { skip }, async (t) => {
  const lambda = await start(t, { panicAtBatch: 5, options: { threads: 1, batchBytes: 64 * 1024 } })
  const { status, rows } = read(await lambda.invoke(post(header + lines(1, 50_000))))
  t.equal(status, 200)
  t.ok(rows.length > 100, 'what came before is there')
  t.match(rows.at(-1), { failure: { code: 'native/panic' } })
  t.notOk(rows.some((row) => 'report' in row))
})

t.test('a limit of errors ends with the report and a line that says so', { skip }, async (t) => {
  const lambda = await start(t, { options: { maxErrors: 10 } })
  const { rows } = read(await lambda.invoke(post(header + lines(1, 1_000))))
  t.match(rows.slice(-2), [{ report: { complete: false } }, { failure: { code: 'limit/max-errors' } }])
})

t.test('a file that cannot be read at all is an answer too', { skip }, async (t) => {
  const lambda = await start(t)
  const outcomes = [post('id,age\n1,40\n'), post(''), { body: 7 }, null].map(async (event) => read(await lambda.invoke(event)))
  t.match(await Promise.all(outcomes), [
    { status: 400, rows: [{ failure: { code: 'header/missing' } }] },
    { status: 400, rows: [{ failure: { code: 'input/empty' } }] },
    { status: 400, rows: [{ failure: { code: 'event/unknown' } }] },
    { status: 400, rows: [{ failure: { code: 'event/unknown' } }] },
  ])
})

t.test('the deadline ends it with the report so far and a line that says so', { skip }, async (t) => {
  // A look-around that goes over the whole text again from each of its places, so that it takes long.
  const lambda = await start(t, {
    options: { threads: 1, batchBytes: 4 * 1024 },
    schema: { properties: { id: {}, name: { pattern: '(?=(a+)+c)b' }, age: {} } },
  })
  const slow = `${line(1).trimEnd()}\n`
  const body = header + slow + `2,${'a'.repeat(3_000)},40\n`.repeat(1_500)
  const answer = await lambda.invoke(post(body), 2_500)
  t.ok(answer.ms < 2_500)
  const { rows } = read(answer)
  t.match(rows.at(-2), { report: { complete: false } })
  t.match(rows.at(-1), { failure: { code: 'limit/deadline' } })
})

t.test('it can only be made within the runtime', async (t) => {
  const { lambdaResponseHandler } = await import('sluice')
  t.throws(() => lambdaResponseHandler({ schema: {} }), { code: 'lambda/runtime' })
})
