/**
 * Runs `round` again and again: the next one is set when the last has ended, and keeps no process alive.
 *
 * @param delayMs asked before each round, the first included
 * @returns stops it
 */
export function repeat(round: () => void, delayMs: () => number): () => void {
  let timer: NodeJS.Timeout;
  const next = (): void => {
    timer = setTimeout(() => {
      round();
      next();
    }, delayMs());
    timer.unref();
  };
  next();
  return () => clearTimeout(timer);
}
