/** Waits for a condition that no event announces. */
import { setTimeout as after } from 'node:timers/promises';

/**
 * Polls every 10 ms, and less often when it takes longer, until the condition is true; rejects after `deadlineMs` with `what`:
 * late enough that a busy machine does not cause it.
 */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  deadlineMs = 30_000,
): Promise<void> {
  const begin = performance.now();
  while (!(await condition())) {
    const elapsedMs = performance.now() - begin;
    if (elapsedMs > deadlineMs) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    // What takes long often waits for a processor, too.
    await after(Math.min(40, Math.max(10, elapsedMs / 20)));
  }
}
