export const s3SinkChecksums = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA256', 'none'] as const
export type S3SinkChecksum = (typeof s3SinkChecksums)[number]

/** What an object that is written gets beside its bytes. */
export interface S3ObjectOptions {
  /** Default: none, which S3 takes for application/octet-stream. */
  contentType?: string | undefined
  /** As S3 names them: `STANDARD_IA`, `GLACIER_IR` … Default: the bucket's. */
  storageClass?: string | undefined
  /** Default: the bucket's. */
  serverSideEncryption?: 'AES256' | 'aws:kms' | 'aws:kms:dsse' | undefined
  /** Id or ARN of the key for `aws:kms`. */
  kmsKeyId?: string | undefined
  /** Tags of the object. Needs s3:PutObjectTagging. */
  tags?: Readonly<Record<string, string>> | undefined
  /** User-defined metadata. */
  metadata?: Readonly<Record<string, string>> | undefined
  /**
   * What S3 verifies each part by, and keeps with the object: a CRC of all bytes, or with SHA256 a checksum of the parts' checksums. `none` is for
   * servers that know none of them. Default CRC32.
   */
  checksum?: S3SinkChecksum | undefined
  /** `*`: fail with `sink/exists`, at the end, rather than replace an object that is there by then. */
  ifNoneMatch?: '*' | undefined
}
