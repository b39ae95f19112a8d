/** Waits for a condition that no event announces. */
import { setTimeout as after } from 'node:timers/promises';

/**
 * Polls every 10 ms until the condition is true; rejects after `deadlineMs` with `what`: late enough that a busy
 * machine does not cause it.
 */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  deadlineMs = 30_000,
): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await after(10);
  }
}
