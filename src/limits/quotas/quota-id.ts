/**
 * Whose quota, and of what: a hash of 128 bits, so that tables have entries of one size, and the database holds no
 * addresses of clients.
 */
import { hash } from 'node:crypto';
import type { QuotaPeriod } from '../core/limits-vocabulary.ts';
import type { QuotaId } from './quota-table.ts';

/** @param route name; null: the quota of all routes together. @param client its bucket key */
export function quotaId(client: string, route: string | null, per: QuotaPeriod): QuotaId {
  // Names of routes and keys of clients have no control characters.
  const digest = hash('sha256', `${per}\n${route === null ? '' : `route ${route}`}\n${client}`, 'buffer');
  return Int32Array.from({ length: 4 }, (_, at) => digest.readInt32LE(4 * at));
}

/** 32 hexadecimal digits. */
export function idText(id: QuotaId): string {
  return Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString('hex');
}

export function idOfText(text: string): QuotaId {
  const bytes = Buffer.from(text, 'hex');
  return Int32Array.from({ length: 4 }, (_, at) => bytes.readInt32LE(4 * at));
}
