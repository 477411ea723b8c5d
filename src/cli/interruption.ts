import { constants } from 'node:os'

/**
 * How long an interrupted run may take to let go of its outputs before the process ends regardless. Files are gone at once; an upload of S3 takes
 * the answer to its beginning, where that is still to come, and two requests.
 */
const letGoMsMax = 5000
const signalNames = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The signals that ask a run to end. */
export interface Interruption {
  /** Aborted by the first of them. */
  readonly signal: AbortSignal
  /** 128 and the signal's number, as shells have it; undefined when none came. */
  readonly exitCode: number | undefined
  /** The signal's name; empty when none came. */
  readonly name: string
  /** Leaves the signals to the system again. */
  release(): void
}

/** Has the first signal abort what goes on, and the second end the process at once; temporary files are removed either way. */
export function catchSignals(): Interruption {
  const controller = new AbortController()
  let name: NodeJS.Signals | undefined
  const exitCode = () => (name === undefined ? undefined : 128 + constants.signals[name])
  const receive = (received: NodeJS.Signals) => {
    if (name !== undefined) process.exit(exitCode())
    name = received
    controller.abort()
    setTimeout(() => {
      process.stderr.write(
        `sluice: Interrupted; not all was let go of within ${letGoMsMax} ms, so an upload to S3 may be left. [${received}]\n`,
      )
      process.exit(exitCode())
    }, letGoMsMax).unref()
  }
  for (const each of signalNames) process.on(each, receive)
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode()
    },
    get name() {
      return name ?? ''
    },
    release() {
      for (const each of signalNames) process.off(each, receive)
    },
  }
}
