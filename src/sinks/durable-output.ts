import type { Checkpoint } from '../checkpoint/checkpoint.js'
import type { OutputState } from '../checkpoint/contents.js'
import { compressedName } from '../checkpoint/unfit-names.js'
import { SluiceError } from '../errors.js'
import type { Output } from './output.js'

/** An output that a later run can go on with. */
export interface DurableOutput extends Output {
  /** Has what was written until now outlast the machine, and tells what a later run needs to go on from there. */
  durable(): Promise<OutputState>
}

export interface DurableOptions {
  checkpoint: Checkpoint
  /** What the output is called in the checkpoint. */
  name: string
  /** What it goes on from. */
  state: OutputState | undefined
  /** False for one that is written anew by every run. */
  isKept: boolean
}

/** Throws option/invalid for a name that asks for compression: what is in the midst of a frame cannot be gone on with. */
export function refuseCompressed(path: string): void {
  if (compressedName.test(path)) throw unfitOutput(path, 'is to be compressed')
}

export function unfitOutput(path: string, why: string): SluiceError {
  return new SluiceError(
    'option/invalid',
    `The output ${path} ${why}, and with a checkpoint it cannot be; write it plain, to a file or s3://bucket/key, and go on with that.`,
  )
}
