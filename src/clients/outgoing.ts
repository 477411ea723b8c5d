import { messageLimit } from '../limits.js'
import { bytesOf, headerPairs, type Message } from '../message.js'

export interface ProducerSinkOptions {
  /** See `messageLimits`. */
  sendBytesMax?: number | undefined
}

/** A sink that sends messages in order, and no more at a time than a broker takes in one request. */
export function sendingSink<M extends Message>(
  send: (messages: Message[]) => Promise<unknown>,
  { sendBytesMax }: ProducerSinkOptions,
): (messages: readonly M[]) => Promise<void> {
  const bytesMax = messageLimit('sendBytesMax', sendBytesMax)
  return async (messages) => {
    let gathered: M[] = []
    let bytes = 0
    for (const message of messages) {
      const own = bytesOf(message) + headerBytes(message)
      if (gathered.length > 0 && bytes + own > bytesMax) {
        await send(gathered)
        gathered = []
        bytes = 0
      }
      gathered.push(message)
      bytes += own
    }
    if (gathered.length > 0) await send(gathered)
  }
}

function headerBytes({ headers }: Message): number {
  return headerPairs(headers).reduce((bytes, [name, value]) => bytes + bytesOf({ key: name, value }), 0)
}
