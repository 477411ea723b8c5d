import { type Encoder, encoderOf } from '../compression/encoder.js'
import type { CompressionFormat } from '../compression/names.js'
import type { Output, RollBack } from './output.js'

/** Compresses what goes to `output`. */
export class CompressedOutput implements Output {
  readonly letsGo = true
  readonly #output: Output
  readonly #format: CompressionFormat
  #encoder: Encoder
  #isEnded = false

  constructor(output: Output, format: CompressionFormat) {
    this.#output = output
    this.#format = format
    this.#encoder = encoderOf(format)
  }

  async write(buffers: readonly Uint8Array[]): Promise<void> {
    await this.#pass(await this.#encoder.write(buffers))
  }

  async prepare(): Promise<void> {
    await this.#end()
    await this.#output.prepare?.()
  }

  async finish(): Promise<void> {
    await this.#end()
    await this.#output.finish()
  }

  async #end(): Promise<void> {
    if (this.#isEnded) return
    this.#isEnded = true
    await this.#pass(await this.#encoder.end(true))
  }

  async discard(): Promise<void> {
    this.#encoder.close?.()
    await this.#output.discard()
  }

  /** Ends a member or frame, so that what was written up to the mark stands by itself; brotli has no such thing. */
  async mark(): Promise<RollBack | undefined> {
    if (this.#format === 'brotli' || !this.#output.mark) return undefined
    await this.#pass(await this.#encoder.end(false))
    const rollBack = await this.#output.mark()
    if (!rollBack) return undefined
    return async () => {
      this.#encoder = encoderOf(this.#format)
      await rollBack()
    }
  }

  async #pass(made: readonly Buffer[]): Promise<void> {
    if (made.length > 0) await this.#output.write(made)
  }
}
