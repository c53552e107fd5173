export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Resolves when the signal aborts; never, if it does not. */
export function aborted(signal: AbortSignal): Promise<"aborted"> {
  if (signal.aborted) {
    return Promise.resolve("aborted");
  }
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve("aborted"), { once: true }));
}

/** Iterates until the source ends or the signal aborts, so that a source which never answers holds nobody. */
export async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  // One listener serves all reads. Racing each read with one promise would leave a reaction on that promise every time.
  let interrupt = () => {};
  const onAbort = () => interrupt();
  signal.addEventListener("abort", onAbort);
  try {
    while (!signal.aborted) {
      const next = await new Promise<IteratorResult<T> | null>((resolve, reject) => {
        interrupt = () => resolve(null);
        iterator.next().then(resolve, reject);
      });
      if (next === null || next.done === true) {
        return;
      }
      yield next.value;
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    // This is not awaited, because a stuck source never answers it.
    Promise.resolve(iterator.return?.()).catch(() => {});
  }
}

/** The promise's value; throws `onTimeout()` after `ms`. The work behind the promise goes on, and its result is ignored. */
export async function withTimeout<T>(promise: Promise<T>, ms: number, onTimeout: () => Error): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(onTimeout()), ms);
  });
  promise.catch(() => {});
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
