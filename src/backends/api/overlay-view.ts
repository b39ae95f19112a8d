/** The API's override of one backend, whether or not it applies. */
import { Type, type Static } from '@sinclair/typebox';
import type { OverlayEntry } from '../backend-control.ts';
import { nullable, timestamp } from '../../api/json-types.ts';

const inherited = 'null: the file’s value, or the default';

export const OverlayView = Type.Object({
  id: Type.String(),
  url: nullable(Type.String({ description: 'For an added backend; null: an override of the file’s' })),
  pool: nullable(Type.String({ description: inherited })),
  weight: nullable(Type.Integer({ description: inherited })),
  enabled: nullable(Type.Boolean({ description: inherited })),
  draining: nullable(Type.Boolean({ description: inherited })),
  backup: nullable(Type.Boolean({ description: inherited })),
  max_in_flight: nullable(Type.Integer({ description: inherited })),
  version: Type.Integer({ description: 'Incremented with every change' }),
  updated_at: timestamp(),
  problem: nullable(Type.String({ description: 'Why it does not apply, or not completely; null: it applies' })),
});

export function overlayView(entry: OverlayEntry): Static<typeof OverlayView> {
  const { id, url, pool, weight, enabled, draining, backup, maxInFlight, version, updatedAt, problem } = entry;
  const values = { pool, weight, enabled, draining, backup, max_in_flight: maxInFlight };
  return { id, url, ...values, version, updated_at: updatedAt.toISOString(), problem };
}
