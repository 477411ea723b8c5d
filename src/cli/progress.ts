import { count, duration, megabytes } from './quantities.js'
import { fitted } from './terminal.js'

const intervalMs = 100
/** How often a line is printed where it cannot be replaced. */
const plainIntervalMs = 1000
const columnsDefault = 80

/** What is looked at to tell how far a run is. */
export interface Watched {
  counts(): { readonly read: number }
  /** Of the input as it is at rest. */
  bytesRead(): number
}

/** Shows one line on standard error until it is stopped. On a terminal the line is replaced, and gone at the end. */
export function showProgress(watched: Watched, bytesTotal: number | undefined): { stop(): void } {
  const stream = process.stderr
  const begun = performance.now()
  let shown = false
  const line = () =>
    progressLine({ read: watched.counts().read, bytes: watched.bytesRead(), bytesTotal, seconds: (performance.now() - begun) / 1000 })
  const show = () => {
    // A terminal that lags behind is not given more; the next line tells all of it.
    if (stream.writableLength > 0) return
    shown = true
    stream.write(stream.isTTY ? `\r${fitted(line(), (stream.columns || columnsDefault) - 1)}\u001b[K` : `${line()}\n`)
  }
  const timer = setInterval(show, stream.isTTY ? intervalMs : plainIntervalMs)
  timer.unref()
  return {
    stop() {
      clearInterval(timer)
      if (shown && stream.isTTY) stream.write('\r\u001b[K')
    },
  }
}

/** One line of how far a run is: bytes, share and time left where the size is known, records a second. */
export function progressLine(now: { read: number; bytes: number; bytesTotal: number | undefined; seconds: number }): string {
  const { read, bytes, bytesTotal, seconds } = now
  const rate = `${count(seconds > 0 ? Math.round(read / seconds) : 0)} records/s`
  if (bytesTotal === undefined || bytesTotal === 0) return `${megabytes(bytes)}  ${count(read)} records  ${rate}`
  // A file that grows while it is read is never more than all of it.
  const share = Math.min(1, bytes / bytesTotal)
  const left = share > 0 ? `  ${duration((seconds / share) * (1 - share))} left` : ''
  return `${String(Math.floor(share * 100)).padStart(3)}%  ${megabytes(bytes)} of ${megabytes(bytesTotal)}  ${rate}${left}`
}
