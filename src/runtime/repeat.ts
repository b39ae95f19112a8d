/**
 * Runs `round` repeatedly: the next one is scheduled when the last has ended, and keeps no process alive. The time a
 * synchronous round takes counts towards the delay, so that samples keep their pace; after one that is awaited, the
 * whole delay passes.
 *
 * A round handles its own failures: one that throws or rejects ends the process, like any other uncaught error.
 *
 * @param delayMs called before each round, including the first
 * @returns stops it, also from within a round; resolves when a running one has ended
 */
export function repeat(round: () => unknown, delayMs: number | (() => number)): () => Promise<void> {
  let timer: NodeJS.Timeout;
  let isStopped = false;
  let running = Promise.resolve();
  const next = (spentMs: number): void => {
    if (isStopped) return;
    const wholeMs = typeof delayMs === 'number' ? delayMs : delayMs();
    timer = setTimeout(run, Math.max(0, wholeMs - spentMs)).unref();
  };
  const run = (): void => {
    const startMs = performance.now();
    const ended = round();
    if (ended instanceof Promise) running = ended.then(() => next(0));
    else next(performance.now() - startMs);
  };
  next(0);
  return async () => {
    isStopped = true;
    clearTimeout(timer);
    await running;
  };
}
