import type { S3SinkOptions } from '../sinks/s3-sink.js'
import type { S3SourceOptions } from '../sources/s3-source.js'

const mebibyte = 1024 * 1024

export interface MemoryPlan {
  source: Pick<S3SourceOptions, 'rangeBytes' | 'rangesInFlight'>
  sink: Pick<S3SinkOptions, 'partBytes' | 'partsInFlight'>
}

/**
 * How much is asked for and sent at once in a function of so much memory: ranges × rangeBytes, and for each of three outputs (parts in flight + 1) ×
 * partBytes. Node, the SDK and the addon take about 110 MiB before that.
 */
export function memoryPlan(memoryLimitInMB: string | number): MemoryPlan {
  const megabytes = Number(memoryLimitInMB)
  if (megabytes < 384) return planOf(2, 2, 1, 5)
  if (megabytes < 768) return planOf(4, 4, 1, 5)
  if (megabytes < 1536) return planOf(4, 8, 1, 8)
  return planOf(4, 8, 4, 8)
}

function planOf(rangesInFlight: number, rangeMebibytes: number, partsInFlight: number, partMebibytes: number): MemoryPlan {
  return {
    source: { rangesInFlight, rangeBytes: rangeMebibytes * mebibyte },
    sink: { partsInFlight, partBytes: partMebibytes * mebibyte },
  }
}
