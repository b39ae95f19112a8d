/** Waits for a condition, for what gives no event to wait for. */
import { setTimeout as after } from 'node:timers/promises';

/** Asks every 10 ms until the answer is true; rejects after `deadlineMs` naming `what`: when nothing will come, so late that no busy machine is mistaken for it. */
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
