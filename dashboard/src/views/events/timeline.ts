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

export function timeline(events: readonly GatewayEvent[], audit: readonly AuditEntry[]): readonly TimelineEntry[] {
  const all = [...events.map(fromEvent), ...audit.map(fromAudit)];
  return all.toSorted((one, other) => Date.parse(other.at) - Date.parse(one.at));
}

export function matches(entry: TimelineEntry, kinds: ReadonlySet<string>, text: string): boolean {
  return (kinds.size === 0 || kinds.has(entry.kind)) && entry.text.toLowerCase().includes(text.trim().toLowerCase());
}

function fromEvent({ id, at, kind, severity, subject, message }: GatewayEvent): TimelineEntry {
  const text = subject === null || message.includes(subject) ? message : `${subject}: ${message}`;
  return { id: `event ${id}`, at, kind, tone: severity, text, change: null };
}

function fromAudit({ id, at, actor, address, action, target, status, before, after }: AuditEntry): TimelineEntry {
  const who = actor === 'anonymous' ? address : actor;
  const wasRefused = status >= 400;
  const text = `${who}: ${action}${target === null ? '' : ` ${target}`}${wasRefused ? `, refused with ${status}` : ''}`;
  const change = before === null && after === null ? null : { before, after };
  return { id: `audit ${id}`, at, kind: 'audit', tone: wasRefused ? 'warn' : 'info', text, change };
}
