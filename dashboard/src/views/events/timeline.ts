/** Events of the gateway and calls of operators in one timeline. Pure. */
import type { Severity } from '../../../../src/events/core/events-vocabulary.ts';
import type { AuditEntry, GatewayEvent } from '../../api/types.ts';

export interface TimelineEntry {
  readonly id: string;
  readonly at: string;
  /** Of an event; the name of an operator's call. */
  readonly kind: string;
  readonly tone: Severity;
  /** Id of the backend, key of the client, and so on; null: the gateway. */
  readonly target: string | null;
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

export interface EntryFilter {
  /** Empty: all. */
  readonly kinds: ReadonlySet<string>;
  readonly text: string;
  /** Empty: all. */
  readonly target: string;
}

export function matches(entry: TimelineEntry, { kinds, text, target }: EntryFilter): boolean {
  if (kinds.size > 0 && !kinds.has(entry.kind)) return false;
  if (target !== '' && entry.target !== target) return false;
  return entry.text.toLowerCase().includes(text.trim().toLowerCase());
}

export function eventText(subject: string | null, message: string): string {
  return subject === null || message.includes(subject) ? message : `${subject}: ${message}`;
}

function fromEvent({ id, at, kind, severity, subject, message }: GatewayEvent): TimelineEntry {
  const text = eventText(subject, message);
  return { id: `event ${id}`, at, kind, tone: severity, target: subject, text, change: null };
}

function fromAudit(entry: AuditEntry, own: string | undefined): TimelineEntry {
  const { id, at, actor, address, action, target, status, before, after, gateway } = entry;
  const isElsewhere = gateway !== null && own !== undefined && gateway !== own;
  const who = actor === 'anonymous' ? address : actor;
  const wasRefused = status >= 400;
  const what = `${action}${target === null ? '' : ` ${target}`}${wasRefused ? `, refused with ${status}` : ''}`;
  const text = `${who}: ${what}${isElsewhere ? `, at ${gateway}` : ''}`;
  const change = before === null && after === null ? null : { before, after };
  return { id: `audit ${id}`, at, kind: action, tone: wasRefused ? 'warn' : 'info', target, text, change };
}
