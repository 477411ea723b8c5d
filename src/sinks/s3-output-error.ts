import { SluiceError } from '../errors.js'
import { describeFault } from '../s3/faults.js'

/** What kept an object from being written, as a SluiceError: sink/unwritable or sink/exists. `permission` is what a 403 may be the lack of. */
export function s3OutputError(cause: unknown, url: string, permission = 's3:PutObject'): SluiceError {
  if (cause instanceof SluiceError) return cause
  const { kind, reason } = describeFault(cause, permission)
  if (kind === 'precondition') return new SluiceError('sink/exists', `The output ${url} exists already, and is left as it is.`, { cause })
  return new SluiceError('sink/unwritable', `The output ${url} cannot be written: ${reason}.`, { cause })
}

/** Tells of an upload that stays: the stream has its own failure to tell, if any; but what costs money until somebody removes it must not go unsaid. */
export function warnOfUpload(id: string, url: string, cause: unknown): void {
  const { reason } = describeFault(cause, 's3:AbortMultipartUpload')
  process.emitWarning(`The upload ${id} to ${url} is left unfinished, for it cannot be aborted: ${reason}.`, {
    type: 'SluiceWarning',
    code: 'sink/unwritable',
  })
}
