/** Names for the shapes of the generated client. */
import type { components } from '../../../openapi/client.ts';

type Schemas = components['schemas'];

export type Role = 'viewer' | 'operator' | 'admin';

/** Until the generated client has them. */
interface ComingBackend {
  readonly source?: 'file' | 'api';
  readonly overrides?: readonly string[];
  readonly drained?: boolean;
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
