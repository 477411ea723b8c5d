/** What is handed on, no faster than it is read. */
export class Outlet {
  readonly #push: (chunk: unknown) => boolean
  #hasRoom = true
  #whenRoom: (() => void) | undefined

  /** `push` is that of the stream. */
  constructor(push: (chunk: unknown) => boolean) {
    this.#push = push
  }

  push(chunk: unknown): void {
    // The push may itself ask for more, so the answer must not overwrite that.
    this.#hasRoom = false
    if (this.#push(chunk)) this.#hasRoom = true
  }

  /** More is asked for, or nothing will be any more. */
  open(): void {
    this.#hasRoom = true
    this.#whenRoom?.()
  }

  async room(): Promise<void> {
    if (this.#hasRoom) return
    await new Promise<void>((resolve) => {
      this.#whenRoom = () => {
        this.#whenRoom = undefined
        resolve()
      }
    })
  }
}
