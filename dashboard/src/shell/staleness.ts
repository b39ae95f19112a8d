import type { Link } from '../live/link.ts';

/** Frames come once a second: after three without one, what is seen is old. */
const STALE_MS = 3500;

export function isStale(link: Link, receivedAt: number, nowMs: number): boolean {
  return receivedAt > 0 && (link.kind === 'waiting' || nowMs - receivedAt > STALE_MS);
}
