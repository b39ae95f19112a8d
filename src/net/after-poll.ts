/** Runs `callback` once everything that has arrived on any socket of this thread by now was reported to its reader. */
export function afterPoll(callback: () => void): void {
  // The first one comes after the poll that is going on, the second after a whole one.
  setImmediate(() => setImmediate(callback));
}
