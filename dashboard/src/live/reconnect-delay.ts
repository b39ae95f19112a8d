/**
 * How long to wait before the next attempt, ms: 500 ms doubling to 10 s, less up to a third at random, so that many
 * open dashboards do not reconnect at the same moment.
 *
 * @param failures consecutive, 1 and up
 * @param random in 0..1
 */
export function retryDelayMs(failures: number, random: number): number {
  const full = Math.min(10_000, 500 * 2 ** (failures - 1));
  return full * (1 - random / 3);
}
