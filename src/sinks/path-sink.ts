import { isS3Url } from '../s3/location.js'
import { fileSink } from './file-sink.js'
import type { OutputSink } from './output-sink.js'
import { s3Sink } from './s3-sink.js'

/** The sink for a path as people write it: an object of S3 for `s3://bucket/key`, else a file. Both are made whole or not at all. */
export function pathSink(path: string): OutputSink {
  return isS3Url(path) ? s3Sink(path) : fileSink(path)
}
