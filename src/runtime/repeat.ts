/**
 * Runs `round` again and again: the next one is set when the last has ended, and keeps no process alive. Time that a round
 * takes counts towards the delay, so that samples keep their pace; after one that is waited for, the whole delay passes.
 *
 * A round answers for its own failures: one that throws or rejects ends the process, as any other uncaught error does.
 *
 * @param delayMs asked before each round, the first included
 * @returns stops it, also from within a round; resolves when one that runs has ended
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
