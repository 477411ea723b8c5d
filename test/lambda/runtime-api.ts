import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'

/** How an invocation ended, as Lambda is told. */
export interface Invocation {
  how: 'response' | 'error'
  body: string
  /** From when the event was handed out until the whole answer was there. */
  ms: number
  /** When the body's chunks came, and how large they were. */
  chunks: { bytes: number; atMs: number }[]
  headers: IncomingMessage['headers']
  trailers: IncomingMessage['trailers']
}

interface Waiting {
  event: unknown
  timeoutMs: number
  settle(outcome: Invocation): void
  handedOutAt?: number
}

/**
 * The Runtime API of Lambda, as far as one function at a time needs it: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html. Events are
 * handed out one after the other, and what is told of them is kept.
 */
export class RuntimeApi {
  readonly #server = createServer((request, response) => this.#handle(request, response))
  readonly #queue: Waiting[] = []
  readonly #running = new Map<string, Waiting>()
  #wanted: (() => void) | undefined
  #count = 0
  /** What the function told of its start, where it failed. */
  initError: string | undefined

  /** `host:port`, for AWS_LAMBDA_RUNTIME_API. */
  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    const address = this.#server.address()
    return `127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  }

  invoke(event: unknown, timeoutMs = 60_000): Promise<Invocation> {
    return new Promise((settle) => {
      this.#queue.push({ event, timeoutMs, settle })
      this.#wanted?.()
    })
  }

  async stop(): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  async #handle(request: IncomingMessage, response: import('node:http').ServerResponse): Promise<void> {
    const [, , area, id = '', what = ''] = (request.url ?? '').split('/').slice(1)
    if (area === 'invocation' && id === 'next') return this.#handOut(response)
    const told = await read(request)
    if (area === 'init') this.initError = told.body
    const waiting = this.#running.get(id)
    this.#running.delete(id)
    waiting?.settle({ how: what === 'error' ? 'error' : 'response', ms: performance.now() - (waiting.handedOutAt ?? 0), ...told })
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}')
  }

  #handOut(response: import('node:http').ServerResponse): void {
    const next = this.#queue.shift()
    if (!next) {
      this.#wanted = () => {
        this.#wanted = undefined
        this.#handOut(response)
      }
      return
    }
    this.#count += 1
    const id = `00000000-0000-4000-8000-${String(this.#count).padStart(12, '0')}`
    this.#running.set(id, next)
    next.handedOutAt = performance.now()
    response.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': id,
      'lambda-runtime-deadline-ms': String(Date.now() + next.timeoutMs),
      'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:us-east-1:000000000000:function:check',
      'lambda-runtime-trace-id': 'Root=1-00000000-000000000000000000000000',
    })
    response.end(JSON.stringify(next.event))
  }
}

async function read(request: IncomingMessage): Promise<Omit<Invocation, 'how' | 'ms'>> {
  const begun = performance.now()
  const parts: Buffer[] = []
  const chunks: Invocation['chunks'] = []
  for await (const part of request as AsyncIterable<Buffer>) {
    parts.push(part)
    chunks.push({ bytes: part.length, atMs: performance.now() - begun })
  }
  return { body: Buffer.concat(parts).toString(), chunks, headers: request.headers, trailers: request.trailers }
}
