/** Milliseconds of work between two yields to the page. */
export const SLICE = 8;

/** Drive a generator in slices, so that the page answers in between; null when aborted. */
export async function runSliced<T>(work: Generator<void, T>, signal: AbortSignal): Promise<T | null> {
  for (;;) {
    const end = performance.now() + SLICE;
    do {
      const { done, value } = work.next();
      if (done) return value;
    } while (performance.now() < end);
    await nextTask();
    if (signal.aborted) return null;
  }
}

/** Let the browser handle input and paint, then go on; sooner than a timer, which is held back. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
