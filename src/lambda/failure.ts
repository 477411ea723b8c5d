import { isSluiceError, SluiceError } from '../errors.js'

/** The error with its code in its message: of what a handler rejects with, Lambda hands on the name, the message and the stack. */
export function told(error: unknown): unknown {
  return isSluiceError(error) ? new SluiceError(error.code, `${error.code}: ${error.message}`, { cause: error }) : error
}
