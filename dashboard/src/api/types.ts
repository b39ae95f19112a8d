/** Names for the shapes of the generated client. */
import type { components } from '../../../openapi/client.ts';

type Schemas = components['schemas'];

export type Role = 'viewer' | 'operator' | 'admin';

/** Of issue 5's branches, until they are in the generated client. */
interface ComingBackend {
  readonly source?: 'file' | 'api';
  readonly overrides?: readonly string[];
  readonly backup?: boolean;
  readonly max_in_flight?: number | null;
  readonly drained?: boolean;
  readonly circuit_forced_until?: string | null;
  readonly state?: 'healthy' | 'degraded' | 'down';
  readonly state_reason?: string | null;
  readonly state_since?: string | null;
  readonly slow_start?: null | { readonly share: number; readonly ends_at: string };
  readonly adaptive?: null | { readonly share: number; readonly waiting: string | null };
}

export type Backend = Schemas['Backend'] & ComingBackend;
export type Frame = Omit<Schemas['Frame'], 'backends'> & { readonly backends: readonly Backend[] };
export type Client = Schemas['Client'];
export type Route = Schemas['Route'];
export type Limiter = Schemas['Limiter'];
export type Circuit = Schemas['Circuit'];
export type History = Schemas['History'];
export type HistoryPoint = History['points'][number];
export type ConfigChange = Schemas['ConfigChange'];
