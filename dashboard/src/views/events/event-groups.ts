/** Events of the same kind on one target, that followed each other, as one row. Pure. */
import { SEVERITIES, type Severity } from '../../../../src/events/core/events-vocabulary.ts';
import type { TimelineEntry } from './timeline.ts';

export interface EventGroup {
  /** Of its oldest entry: it stays while newer ones arrive. */
  readonly id: string;
  readonly kind: string;
  readonly target: string | null;
  /** The worst of all. */
  readonly tone: Severity;
  /** The newest first. */
  readonly entries: readonly TimelineEntry[];
}

/** A longer silence begins another row, ms. */
const PAUSE_MS = 10 * 60_000;

/**
 * Others may lie between them: two backends that flap at the same time are two rows.
 * @param entries the newest first; @returns the group with the newest entry first
 */
export function groupEvents(entries: readonly TimelineEntry[]): readonly EventGroup[] {
  const groups: TimelineEntry[][] = [];
  const open = new Map<string, TimelineEntry[]>();
  for (const entry of entries) {
    const key = JSON.stringify([entry.kind, entry.target, entry.target === null ? entry.text : '']);
    const group = open.get(key);
    const isNear = group !== undefined && Date.parse(group.at(-1)!.at) - Date.parse(entry.at) <= PAUSE_MS;
    if (isNear) group.push(entry);
    else {
      const opened = [entry];
      open.set(key, opened);
      groups.push(opened);
    }
  }
  return groups.map((group) => ({
    id: group.at(-1)!.id,
    kind: group[0]!.kind,
    target: group[0]!.target,
    tone: group.reduce<Severity>(
      (worst, { tone }) => (SEVERITIES.indexOf(tone) > SEVERITIES.indexOf(worst) ? tone : worst),
      'info',
    ),
    entries: group,
  }));
}
