import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

/** What happens to one request in place of its being passed on as it is. */
export type Fault =
  | { kind: 'status'; status: number; code: string; retryAfter?: string; region?: string }
  /** The request is not answered at all. */
  | { kind: 'hang' }
  /** The connection is torn before there is an answer; with `after`, when the server has done what it was asked for. */
  | { kind: 'reset'; after?: true }
  /** The server does what it was asked for, and before there is an answer, `then` is called. */
  | { kind: 'done'; then(): void }
  /** The body goes on for so many bytes, and then: the connection is torn, the body ends as if it were whole, nothing comes any more. */
  | { kind: 'cut' | 'short' | 'stall'; bytes: number }
  /** Another object is put in its place before so many bytes have gone through, whereupon the connection is torn. */
  | { kind: 'change'; bytes: number; change(): Promise<void> }
  /** The bytes differ from those of the server. */
  | { kind: 'corrupt' }
  /** At most so many bytes a millisecond. */
  | { kind: 'slow'; bytesPerMs: number }
  /** A presigned URL is asked in its place, with no header but these: a server that knows nothing of the others. */
  | { kind: 'blind'; url: string; headers: string[] }

const host = '127.0.0.1'

export interface Seen {
  method: string
  path: string
  range: string | undefined
  ifMatch: string | undefined
  at: number
}

/** A proxy in front of the server, which harms what it is told to. */
export interface FaultProxy {
  readonly endpoint: string
  /** Every request that came, in order. */
  readonly seen: Seen[]
  /** Sockets that clients hold open now. */
  connections(): Promise<number>
  /** Waits until there are none, for ten seconds at most; false where some stay. */
  isLeftAlone(): Promise<boolean>
  /** Requests that are being passed on, and are not answered yet. */
  pending(): number
  /** Asked for each request; undefined passes it on. */
  fault: (request: IncomingMessage, number: number) => Fault | undefined
  stop(): Promise<void>
}

/** `delayMs` is added to each answer, as a distant server would. */
export async function startFaultProxy(port: number, { delayMs = 0 } = {}): Promise<FaultProxy> {
  const seen: Seen[] = []
  let pending = 0
  const server = createServer((incoming, outgoing) => {
    const { method = '', url = '', headers } = incoming
    seen.push({ method, path: url, range: headers.range, ifMatch: headers['if-match'], at: performance.now() })
    const fault = proxy.fault(incoming, seen.length)
    const answer = () => handle({ incoming, outgoing, fault, port }).catch(() => outgoing.destroy())
    pending += 1
    setTimeout(() => answer().finally(() => (pending -= 1)), delayMs)
  })
  server.listen(0, host)
  await once(server, 'listening')
  const address = server.address()
  const proxy: FaultProxy = {
    endpoint: `http://${host}:${typeof address === 'object' && address ? address.port : 0}`,
    seen,
    connections: () => new Promise((resolve, reject) => server.getConnections((error, count) => (error ? reject(error) : resolve(count)))),
    async isLeftAlone() {
      for (let wait = 0; wait < 500 && (await proxy.connections()) > 0; wait += 1) await delay(20)
      return (await proxy.connections()) === 0
    },
    pending: () => pending,
    fault: () => undefined,
    async stop() {
      server.close()
      server.closeAllConnections()
    },
  }
  return proxy
}

interface Exchange {
  incoming: IncomingMessage
  outgoing: ServerResponse
  fault: Fault | undefined
  port: number
}

async function handle({ incoming, outgoing, fault, port }: Exchange): Promise<void> {
  if (fault?.kind === 'hang') {
    // What is not read would keep the end of the connection from being seen.
    incoming.resume()
    return
  }
  if (fault?.kind === 'reset' && !fault.after) {
    incoming.socket.resetAndDestroy()
    return
  }
  if (fault?.kind === 'status') {
    incoming.resume()
    const retry = fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter }
    const region = fault.region === undefined ? {} : { 'x-amz-bucket-region': fault.region }
    outgoing.writeHead(fault.status, { 'content-type': 'application/xml', ...retry, ...region })
    const text = `<?xml version="1.0"?><Error><Code>${fault.code}</Code><Message>as the test has it</Message></Error>`
    outgoing.end(incoming.method === 'HEAD' ? undefined : text)
    return
  }
  const { method, url: path, headers } = incoming
  const onward =
    fault?.kind === 'blind' ? request(fault.url, { headers: only(headers, fault.headers) }) : request({ host, port, method, path, headers })
  outgoing.once('close', () => onward.destroy())
  incoming.pipe(onward)
  const [answer] = (await once(onward, 'response')) as [IncomingMessage]
  if (fault?.kind === 'reset' || fault?.kind === 'done') {
    answer.resume()
    await once(answer, 'end')
    if (fault.kind === 'done') fault.then()
    incoming.socket.resetAndDestroy()
    return
  }
  await passOn(answer, outgoing, fault)
}

function only(headers: IncomingMessage['headers'], names: string[]) {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => names.includes(name)))
}

async function passOn(answer: IncomingMessage, outgoing: ServerResponse, fault: Fault | undefined): Promise<void> {
  const { 'content-length': length, ...others } = answer.headers
  // A body that ends too soon, and does not say so, has no length.
  outgoing.writeHead(answer.statusCode ?? 500, fault?.kind === 'short' ? others : answer.headers)
  let left = fault && 'bytes' in fault ? fault.bytes : Number.POSITIVE_INFINITY
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    const part = chunk.subarray(0, left)
    left -= part.length
    if (fault?.kind === 'corrupt') part[0] = (part[0] ?? 0) ^ 1
    if (!outgoing.write(part)) await roomIn(outgoing)
    if (outgoing.destroyed) return
    if (fault?.kind === 'slow') await delay(part.length / fault.bytesPerMs)
    if (left > 0) continue
    if (fault?.kind === 'stall') return
    if (fault?.kind === 'change') await fault.change()
    // What was written is to arrive before the connection is torn.
    await delay(20)
    if (fault?.kind === 'short') outgoing.end()
    else outgoing.socket?.resetAndDestroy()
    return
  }
  outgoing.end()
}

function roomIn(stream: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      stream.off('drain', settle).off('close', settle)
      resolve()
    }
    stream.on('drain', settle).on('close', settle)
  })
}
