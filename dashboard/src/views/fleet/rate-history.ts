/** Requests a second of each gateway, and of all, since the page is open. Pure. */
import type { Fleet } from '../../api/types.ts';

/** At one answer every two seconds: two minutes. */
export const RATE_POINTS = 60;
/** Not the id of a gateway, because those are not empty. */
export const ALL = '';

/** By id of a gateway; null: it was lost, or not there. The newest is the last. */
export type RateHistory = ReadonlyMap<string, readonly (number | null)[]>;

/** A gateway that is not listed any more is forgotten. */
export function addRates(history: RateHistory, { items, requests_per_second: sum }: Fleet): RateHistory {
  const now = new Map<string, number | null>([[ALL, sum]]);
  for (const { id, state, requests_per_second: rate } of items) now.set(id, state === 'live' ? rate : null);
  const before = history.get(ALL)?.length ?? 0;
  return new Map(
    [...now].map(([id, rate]) => {
      const known = history.get(id) ?? Array.from({ length: before }, () => null);
      return [id, [...known, rate].slice(-RATE_POINTS)];
    }),
  );
}
