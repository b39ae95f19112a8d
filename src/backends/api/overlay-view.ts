/** What the API says of one backend, in force or not. */
import { Type, type Static } from '@sinclair/typebox';
import type { OverlayEntry } from '../backend-control.ts';
import { nullable, timestamp } from '../../api/json-types.ts';

const saysNothing = 'null: what the file says, or the default';

export const OverlayView = Type.Object({
  id: Type.String(),
  url: nullable(Type.String({ description: 'Of an added backend; null: lies over the file’s' })),
  pool: nullable(Type.String({ description: saysNothing })),
  weight: nullable(Type.Integer({ description: saysNothing })),
  enabled: nullable(Type.Boolean({ description: saysNothing })),
  draining: nullable(Type.Boolean({ description: saysNothing })),
  backup: nullable(Type.Boolean({ description: saysNothing })),
  max_in_flight: nullable(Type.Integer({ description: saysNothing })),
  version: Type.Integer({ description: 'Counts up with every change' }),
  updated_at: timestamp(),
  problem: nullable(Type.String({ description: 'Why it is not in force, or not all of it; null: it is' })),
});

export function overlayView(entry: OverlayEntry): Static<typeof OverlayView> {
  const { id, url, pool, weight, enabled, draining, backup, maxInFlight, version, updatedAt, problem } = entry;
  const values = { pool, weight, enabled, draining, backup, max_in_flight: maxInFlight };
  return { id, url, ...values, version, updated_at: updatedAt.toISOString(), problem };
}
