import { SluiceError } from '../errors.js'
import { describeFault } from '../s3/faults.js'

/** What kept an object or a listing from being read, as a SluiceError: input/not-found, input/changed or input/unreadable. */
export function s3InputError(cause: unknown, url: string, permission: string): unknown {
  if (cause instanceof SluiceError || (cause as Error | undefined)?.name === 'AbortError') return cause
  const { kind, reason } = describeFault(cause, permission)
  if (kind === 'missing') return new SluiceError('input/not-found', `The input ${url} does not exist: ${reason}.`, { cause })
  if (kind === 'precondition') return changedError(url, cause)
  return new SluiceError('input/unreadable', `The input ${url} cannot be read: ${reason}.`, { cause })
}

/** The object is another one than at the beginning. */
export function changedError(url: string, cause?: unknown): SluiceError {
  return new SluiceError(
    'input/changed',
    `The input ${url} was changed or removed while it was read; run again to read what is there now.`,
    {
      cause,
    },
  )
}
