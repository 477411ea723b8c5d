/** How far ahead of the first result that is still to come `items` are taken, and what ends it all. */
export interface InOrderOptions {
  waitingMax: number
  signal?: AbortSignal | undefined
}

interface Watched<T> {
  promise: Promise<T>
  isSettled: boolean
}

/**
 * Begins `work` on each of `items` as they come, and gives the results in their order, each as soon as it is there: a list that keeps one waiting for its
 * next item holds back no result and no abort. Work that has begun is left to the caller, when it leaves or fails.
 */
export async function* inOrder<Item, Result>(
  items: AsyncGenerator<Item>,
  work: (item: Item, index: number) => Promise<Result>,
  { waitingMax, signal }: InOrderOptions,
): AsyncGenerator<Result> {
  let wake = () => {}
  const onAbort = () => wake()
  const watch = <T>(promise: Promise<T>): Watched<T> => {
    const watched = { promise, isSettled: false }
    const settle = () => {
      watched.isSettled = true
      wake()
    }
    promise.then(settle, settle)
    return watched
  }
  const running: Watched<Result>[] = []
  let next: Watched<IteratorResult<Item>> | undefined
  let isListed = false
  let index = 0
  signal?.addEventListener('abort', onAbort)
  try {
    while (!isListed || running.length > 0) {
      signal?.throwIfAborted()
      if (!isListed && running.length < waitingMax) next ??= watch(items.next())
      if (next?.isSettled) {
        const { value, done } = await next.promise
        next = undefined
        isListed = done === true
        if (!done) running.push(watch(work(value, index)))
        index += 1
      } else if (running[0]?.isSettled) {
        yield await (running.shift() as Watched<Result>).promise
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
  } finally {
    signal?.removeEventListener('abort', onAbort)
    // Not waited for: it comes back only after an item that is being waited for, which may be never.
    if (!isListed) items.return(undefined).catch(() => {})
  }
}
