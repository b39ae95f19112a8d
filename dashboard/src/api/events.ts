import { answerOf, api } from './client.ts';
import type { AuditEntry, GatewayEvent } from './types.ts';

export interface Page<T> {
  readonly items: readonly T[];
  /** For `before` of the next page; null: this was the last. */
  readonly next: number | null;
}

export function events(limit: number, before?: number): Promise<Page<GatewayEvent>> {
  return answerOf(
    api.GET('/v1/api/events', { params: { query: { limit, ...(before === undefined ? {} : { before }) } } }),
  );
}

/** @param gateway only calls of this one; empty: of all */
export function audit(gateway: string, limit: number, before?: number): Promise<Page<AuditEntry>> {
  const query = { limit, ...(before === undefined ? {} : { before }), ...(gateway === '' ? {} : { gateway }) };
  return answerOf(api.GET('/v1/api/audit', { params: { query } }));
}
