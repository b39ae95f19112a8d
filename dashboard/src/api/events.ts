import { send } from './send.ts';

export const EVENT_KINDS = [
  'health',
  'circuit',
  'backend',
  'client',
  'configuration',
  'thread',
  'database',
  'limit',
] as const;

export type EventKind = (typeof EVENT_KINDS)[number];

export interface GatewayEvent {
  readonly id: number | string;
  readonly at: string;
  readonly kind: EventKind;
  readonly severity: 'info' | 'warn' | 'error';
  readonly subject: string | null;
  readonly message: string;
}

export interface AuditEntry {
  readonly id: number | string;
  readonly at: string;
  readonly actor: string | null;
  readonly role: string | null;
  readonly address: string | null;
  readonly action: string;
  readonly target: string | null;
  readonly status: number;
  readonly before: unknown;
  readonly after: unknown;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** For `before` of the next page; null: this was the last. */
  readonly next: number | string | null;
}

export function events(limit: number, before?: number | string): Promise<Page<GatewayEvent>> {
  return send('GET', `/v1/api/events?limit=${limit}${before === undefined ? '' : `&before=${before}`}`);
}

export function audit(limit: number, before?: number | string): Promise<Page<AuditEntry>> {
  return send('GET', `/v1/api/audit?limit=${limit}${before === undefined ? '' : `&before=${before}`}`);
}
