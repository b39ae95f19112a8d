/** Events of the gateway and calls of operators in one timeline. Pure. */
import type { Severity } from '../../../../src/events/core/events-vocabulary.ts';
import type { AuditEntry, GatewayEvent } from '../../api/events.ts';

export interface TimelineEntry {
  readonly id: string;
  readonly at: string;
  readonly kind: string;
  readonly tone: Severity;
  readonly text: string;
  /** For an operator's call: the values before and after. */
  readonly change: { readonly before: unknown; readonly after: unknown } | null;
}

/** @param own name of this gateway, whose entries need not say so; if it is not known, none do */
export function timeline(
  events: readonly GatewayEvent[],
  audit: readonly AuditEntry[],
  own?: string,
): readonly TimelineEntry[] {
  const all = [...events.map(fromEvent), ...audit.map((entry) => fromAudit(entry, own))];
  return all.toSorted((one, other) => Date.parse(other.at) - Date.parse(one.at));
}

export function matches(entry: TimelineEntry, kinds: ReadonlySet<string>, text: string): boolean {
  return (kinds.size === 0 || kinds.has(entry.kind)) && entry.text.toLowerCase().includes(text.trim().toLowerCase());
}

function fromEvent({ id, at, kind, severity, subject, message }: GatewayEvent): TimelineEntry {
  const text = subject === null || message.includes(subject) ? message : `${subject}: ${message}`;
  return { id: `event ${id}`, at, kind, tone: severity, text, change: null };
}

function fromAudit(entry: AuditEntry, own: string | undefined): TimelineEntry {
  const { id, at, actor, address, action, target, status, before, after, gateway } = entry;
  const isElsewhere = gateway !== null && own !== undefined && gateway !== own;
  const who = actor === 'anonymous' ? address : actor;
  const wasRefused = status >= 400;
  const what = `${action}${target === null ? '' : ` ${target}`}${wasRefused ? `, refused with ${status}` : ''}`;
  const text = `${who}: ${what}${isElsewhere ? `, at ${gateway}` : ''}`;
  const change = before === null && after === null ? null : { before, after };
  return { id: `audit ${id}`, at, kind: 'audit', tone: wasRefused ? 'warn' : 'info', text, change };
}
