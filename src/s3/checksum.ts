import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { SluiceError } from '../errors.js'

/** Algorithms of S3's checksums that are computed here. CRCs of parts can be joined to that of the whole, the others cannot. */
export const checksumAlgorithms = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA256', 'SHA1', 'SHA512', 'MD5'] as const
export type ChecksumAlgorithm = (typeof checksumAlgorithms)[number]

/** A checksum in the making. */
export interface Checksum {
  update(bytes: Uint8Array): void
  /** In base64, as S3 has it. To be called once, at the end. */
  digest(): Promise<string>
}

/** Begins a checksum. Rejects with package/missing for a CRC that Node has not, where the SDK's package is not there. */
export async function beginChecksum(algorithm: ChecksumAlgorithm): Promise<Checksum> {
  if (algorithm === 'CRC32') return new Crc32()
  if (algorithm === 'CRC32C' || algorithm === 'CRC64NVME') return sdkChecksum(algorithm)
  const hash = createHash(algorithm.toLowerCase())
  return { update: (bytes) => void hash.update(bytes), digest: async () => hash.digest('base64') }
}

/** Whether the whole object's checksum follows from those of its parts. */
export function joins(algorithm: ChecksumAlgorithm): boolean {
  return algorithm.startsWith('CRC')
}

/** A CRC32 that can be gone on with, also by a later process: all there is to it is `value`. */
export class Crc32 implements Checksum {
  value: number

  constructor(value = 0) {
    this.value = value
  }

  update(bytes: Uint8Array): void {
    this.value = crc32(bytes, this.value)
  }

  async digest(): Promise<string> {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(this.value)
    return bytes.toString('base64')
  }
}

async function sdkChecksum(algorithm: 'CRC32C' | 'CRC64NVME'): Promise<Checksum> {
  const { Crc32c, Crc64Nvme } = await import('@aws-sdk/checksums/crc').catch((cause) => {
    throw new SluiceError(
      'package/missing',
      `${algorithm} needs the package @aws-sdk/checksums; install it: npm install @aws-sdk/checksums.`,
      {
        cause,
      },
    )
  })
  const checksum = algorithm === 'CRC32C' ? new Crc32c() : new Crc64Nvme()
  return {
    update: (bytes) => checksum.update(bytes),
    digest: async () => Buffer.from(await checksum.digest()).toString('base64'),
  }
}
