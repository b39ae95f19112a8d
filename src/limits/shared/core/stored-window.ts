/** A sliding window as the server stores it. */
export interface StoredWindow {
  /** Number of the window since the epoch of the clock. */
  readonly index: number;
  readonly current: number;
  readonly previous: number;
  readonly limit: number;
  readonly windowUs: number;
}

/** Share of its limit that is used; above 1: more than all of it. */
export function windowShare({ index, current, previous, limit, windowUs }: StoredWindow, nowUs: number): number {
  const then = Math.floor(nowUs / windowUs);
  const part = 1 - (nowUs - then * windowUs) / windowUs;
  let used = 0;
  if (index >= then) used = previous * part + current;
  if (index === then - 1) used = current * part;
  return used / limit;
}
