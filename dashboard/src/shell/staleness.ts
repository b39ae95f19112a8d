import type { Link } from '../live/link.ts';

/** Frames arrive once a second: after three seconds without one, the data is stale. */
const STALE_MS = 3500;

export function isStale(link: Link, receivedAt: number, nowMs: number): boolean {
  return receivedAt > 0 && (link.kind === 'waiting' || nowMs - receivedAt > STALE_MS);
}
