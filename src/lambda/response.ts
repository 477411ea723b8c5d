import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { stopKey } from '../continuation.js'
import { isSluiceError, SluiceError } from '../errors.js'
import type { SchemaInput } from '../schema/schema.js'
import type { ValidateOptions } from '../transforms/options.js'
import { validate } from '../transforms/validate.js'
import { verdictOf } from '../verdict.js'
import type { LambdaContext } from './context.js'
import { Deadline, type DeadlineMargins, type DeadlineOptions, deadlineMargins } from './deadline.js'
import { lambdaLimit } from './limits.js'
import { type ResponseStream, VerdictResponse } from './verdict-response.js'

export interface LambdaResponseOptions extends DeadlineOptions {
  /** A builder schema or a JSON Schema. */
  schema: SchemaInput
  /** Options of `validate`. What is not given of the format is told by the request's content type. */
  options?: ValidateOptions | undefined
  /** Bytes of verdicts that are gathered for one chunk. Default 102,400. */
  responseChunkBytes?: number | undefined
}

/** A request as function URLs (and API Gateway) give it. */
interface LambdaRequest {
  body?: unknown
  isBase64Encoded?: boolean
  headers?: Record<string, string | undefined>
}

interface Runtime {
  streamifyResponse(handler: (event: unknown, stream: ResponseStream, context: LambdaContext) => Promise<void>): unknown
  HttpResponseStream: { from(stream: ResponseStream, prelude: object): ResponseStream }
}

// Of the body, which Lambda limits to 6 MB and gives as one text.
const pieceBytes = 256 * 1024
const formats: Record<string, ValidateOptions['format']> = {
  'text/csv': 'csv',
  'text/tab-separated-values': 'csv',
  'application/x-ndjson': 'ndjson',
  'application/jsonl': 'ndjson',
  'application/json': 'json',
}

/**
 * A handler that answers a request with what is wrong with the file in its body, while it is checked: NDJSON by a streamed response.
 * `export const handler = lambdaResponseHandler({ schema })`, behind a function URL whose invoke mode is RESPONSE_STREAM.
 *
 * Each line is a violation, but the last ones: `{"report":…}`, and where the answer is not complete, after it, `{"failure":{"code","message"}}`.
 * An answer that ends with neither was cut. Where nothing was checked the status is 400 for what is wrong with the file, else 500.
 *
 * Throws `schema/…` and `option/invalid`, and `lambda/runtime` where `awslambda.streamifyResponse` is not there.
 */
export function lambdaResponseHandler({ schema, options = {}, ...more }: LambdaResponseOptions): unknown {
  const { responseChunkBytes, stopMarginMs, abortMarginMs, ...unknown } = more
  const [name] = Object.keys(unknown)
  if (name !== undefined) {
    const all = 'schema, options, responseChunkBytes, stopMarginMs, abortMarginMs'
    throw new SluiceError('option/invalid', `lambdaResponseHandler has no option ${JSON.stringify(name)}; the options are ${all}.`)
  }
  const settings = {
    ...{ schema, options },
    chunkBytes: lambdaLimit('responseChunkBytes', responseChunkBytes),
    margins: deadlineMargins({ stopMarginMs, abortMarginMs }),
  }
  validate(schema, options).destroy()
  const runtime = (globalThis as { awslambda?: Runtime }).awslambda
  if (!runtime)
    throw new SluiceError('lambda/runtime', 'There is no awslambda.streamifyResponse here; it is of the Lambda runtime for Node.')
  return runtime.streamifyResponse(async (event, stream, context) => {
    const open = (statusCode: number) =>
      runtime.HttpResponseStream.from(stream, { statusCode, headers: { 'content-type': 'application/x-ndjson' } })
    const response = new VerdictResponse(open, settings.chunkBytes)
    try {
      await answer((event ?? {}) as LambdaRequest, response, context, settings)
    } catch (error) {
      await response.fail(error)
    }
    await response.end()
  })
}

interface AnswerSettings {
  schema: SchemaInput
  options: ValidateOptions
  margins: DeadlineMargins
}

async function answer(request: LambdaRequest, response: VerdictResponse, context: LambdaContext, settings: AnswerSettings): Promise<void> {
  const deadline = new Deadline(context, settings.margins)
  const check = validate(settings.schema, optionsFor(request, settings.options))
  const stop = () =>
    check[stopKey]('keep', ({ report }) => {
      const place = report ? `after ${report.counts.read} records` : 'before the first record'
      return new SluiceError(
        'limit/deadline',
        `The time of the invocation was over ${place}; send a smaller file, or raise the function's timeout.`,
      )
    })
  deadline.stop.addEventListener('abort', stop, { once: true })
  try {
    await pipeline(
      piecesOf(request),
      check,
      async (chunks: AsyncIterable<Buffer>) => {
        for await (const chunk of chunks) {
          const verdict = verdictOf(chunk)
          if (verdict) await response.add(verdict.violations)
          if (verdict?.report) response.report(verdict.report)
        }
      },
      { signal: deadline.abort },
    )
  } catch (error) {
    // A reader that takes nothing more: there is nobody left to tell but the log.
    if (deadline.abort.aborted && !isSluiceError(error))
      throw new SluiceError('limit/deadline', 'The time of the invocation was over.', { cause: error })
    throw error
  } finally {
    deadline.close()
  }
}

function optionsFor({ headers = {} }: LambdaRequest, options: ValidateOptions): ValidateOptions {
  const [, type] = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type') ?? []
  const format = formats[type?.split(';')[0]?.trim().toLowerCase() ?? '']
  return options.format === undefined && options.recordPath === undefined && format ? { ...options, format } : options
}

function piecesOf({ body, isBase64Encoded }: LambdaRequest): Readable {
  if (typeof body !== 'string')
    throw new SluiceError('event/unknown', 'The event is no request with a body; send the file as the body of a POST.')
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8')
  return Readable.from(
    (function* () {
      for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
    })(),
    { objectMode: false },
  )
}
