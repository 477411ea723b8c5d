import { AttemptsExhausted } from './retry.js'

/** What a failure of S3 means to a stream. */
export type FaultKind = 'missing' | 'precondition' | 'other'

interface Fault {
  name?: string
  message?: string
  code?: string
  $metadata?: { httpStatusCode?: number }
  $response?: { headers?: Record<string, string> }
}

/** What went wrong, and a clause that goes on from "cannot be read: ". `permission` is what a 403 may be the lack of. */
export function describeFault(error: unknown, permission: string): { kind: FaultKind; reason: string } {
  if (error instanceof AttemptsExhausted) {
    const { reason } = describeFault(error.cause, permission)
    return {
      kind: 'other',
      reason: `${error.attempts} ${error.attempts === 1 ? 'attempt' : 'attempts'} failed, the last one because ${reason}`,
    }
  }
  const { name = '', $metadata } = error as Fault
  const status = $metadata?.httpStatusCode
  if (name === 'NoSuchBucket') return { kind: 'missing', reason: 'its bucket does not exist' }
  if (status === 404 && name !== 'NoSuchUpload') return { kind: 'missing', reason: 'there is no such bucket or key' }
  if (status === 412) return { kind: 'precondition', reason: 'a condition of the request is not met' }
  return { kind: 'other', reason: reasonOf(error as Fault, status, permission) }
}

function reasonOf(fault: Fault, status: number | undefined, permission: string): string {
  const { name = '', code = '' } = fault
  // Of several addresses none of which answers, there is a code only.
  const message = trimmed(fault.message || code || name)
  if (name === 'CredentialsProviderError') {
    return 'no credentials were found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or a role of the machine'
  }
  if (/region is missing/i.test(message)) return 'no region is set; set AWS_REGION'
  if (name === 'InvalidObjectState') return 'it is archived; restore it first'
  if (name === 'InvalidAccessKeyId' || name === 'SignatureDoesNotMatch') return `the credentials are refused (${name})`
  if (status === 301 || name === 'PermanentRedirect' || name === 'AuthorizationHeaderMalformed') {
    const region = fault.$response?.headers?.['x-amz-bucket-region']
    return `its bucket is in ${region ? `the region ${region}` : 'another region'}; set AWS_REGION to that`
  }
  if (status === 403) return `access is denied; the credentials need ${permission} on it, or it does not exist`
  // Errors of an answer without a body have no message of their own.
  if (status !== undefined && /unknown/i.test(`${name}${message}`)) return `the server answered ${status}`
  return status === undefined ? message : `the server answered ${status} ${name}: ${message}`
}

// The sentence that it becomes a part of has its own full stop.
function trimmed(message: string): string {
  return message.trim().replace(/\.$/, '')
}
