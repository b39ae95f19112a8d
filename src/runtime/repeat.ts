/**
 * Runs `round` again and again: the next one is set when the last has ended, and keeps no process alive.
 *
 * @param delayMs asked before each round, the first included
 * @returns stops it, also from within a round
 */
export function repeat(round: () => void, delayMs: () => number): () => void {
  let timer: NodeJS.Timeout;
  let isStopped = false;
  const next = (): void => {
    if (isStopped) return;
    timer = setTimeout(() => {
      round();
      next();
    }, delayMs());
    timer.unref();
  };
  next();
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}
