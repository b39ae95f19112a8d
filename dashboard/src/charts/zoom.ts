/** The part of the time that charts show. Pure. */

/** Seconds since the epoch. */
export type Extent = readonly [from: number, to: number];

/** The least that can be shown, s. */
const NARROWEST = 10;
/** Of what is shown. */
const STEP = 0.25;

/** Half of it, around the middle. @param whole all there is */
export function zoomedIn(shown: Extent, whole: Extent): Extent {
  return around(shown, (shown[1] - shown[0]) / 2, whole);
}

/** Twice as much; null: that is everything. */
export function zoomedOut(shown: Extent, whole: Extent): Extent | null {
  const width = (shown[1] - shown[0]) * 2;
  return width >= whole[1] - whole[0] ? null : around(shown, width, whole);
}

/** @param direction -1: earlier; 1: later */
export function moved([from, to]: Extent, direction: -1 | 1, whole: Extent): Extent {
  return within(from + direction * STEP * (to - from), to - from, whole);
}

/** What a pointer has marked, if it is wide enough to be meant. */
export function selected(one: number, other: number, whole: Extent): Extent | null {
  const [from, to] = [Math.min(one, other), Math.max(one, other)];
  return to - from < 1 ? null : around([from, to], to - from, whole);
}

function around([from, to]: Extent, width: number, whole: Extent): Extent {
  const most = whole[1] - whole[0];
  const kept = Math.min(most, Math.max(NARROWEST, width));
  return within((from + to) / 2 - kept / 2, kept, whole);
}

function within(from: number, width: number, [first, last]: Extent): Extent {
  const start = Math.max(first, Math.min(from, last - width));
  return [start, start + width];
}
