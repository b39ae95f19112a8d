/** Waits until something has come to rest, which nothing reports. */

const LEAST_MS = 100;
const LEAST_TURNS = 500;

/**
 * Resolves with the value once it has not changed for 100 ms and 500 turns of the event loop: on a machine that stalls,
 * time passes without turns. All that could still change it must run in this process.
 */
export async function still(value: () => number): Promise<number> {
  for (;;) {
    const before = value();
    const untilMs = performance.now() + LEAST_MS;
    for (let turns = 0; turns < LEAST_TURNS || performance.now() < untilMs; turns += 1) {
      await new Promise(setImmediate);
      if (value() !== before) break;
    }
    if (value() === before) return before;
  }
}
