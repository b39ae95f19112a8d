/** Times of other programs as ours writes them. */
import { formatDuration, MAX_MS } from '../../../config/schema/duration.ts';
import type { ImportFindings } from './findings.ts';
import type { Origin } from './origin.ts';

/** Ours has times up to a day; longer ones become that, with a note. */
export function timeText(ms: number, origin: Origin, findings: ImportFindings): string {
  if (ms <= MAX_MS) return formatDuration(Math.round(ms));
  findings.note(origin, 'longer than a day: times are at most 24h here');
  return '24h';
}
