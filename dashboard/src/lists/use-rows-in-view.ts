import { useState, type UIEvent } from 'react';

/** Rows drawn beyond both edges, so that a scroll shows no gap. */
const SPARE = 12;
/** Before the first scroll, until the height is known: a large screen. */
const FIRST_PX = 1200;

export interface RowsInView {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  readonly onScroll: (event: UIEvent<HTMLElement>) => void;
}

/** Which of many rows of the same height are in view. @param rowPx their height */
export function useRowsInView(count: number, rowPx: number): RowsInView {
  const [{ topPx, heightPx }, setPlace] = useState({ topPx: 0, heightPx: FIRST_PX });
  const first = Math.max(0, Math.floor(topPx / rowPx) - SPARE);
  // A shorter list is scrolled back only after it was drawn.
  const from = Math.min(first, Math.max(0, count - 1));
  const to = Math.min(count, first + Math.ceil(heightPx / rowPx) + 2 * SPARE);
  return {
    from,
    to: Math.max(to, Math.min(count, from + 2 * SPARE)),
    onScroll: ({ currentTarget: { scrollTop, clientHeight } }) => {
      // A step is half of the spare rows: the same rows are not drawn again for each pixel.
      const stepPx = (rowPx * SPARE) / 2;
      const next = { topPx: Math.floor(scrollTop / stepPx) * stepPx, heightPx: clientHeight + stepPx };
      setPlace((place) => (place.topPx === next.topPx && place.heightPx === next.heightPx ? place : next));
    },
  };
}
