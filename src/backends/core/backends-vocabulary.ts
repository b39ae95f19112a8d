/** Words and ranges of backends: for the file, the API and the dashboard. */

/** Why a backend gets no request. One word each, the same everywhere, in the order in which they are asked. */
export const UNAVAILABLE_REASONS = [
  'disabled',
  'draining',
  'unresolved',
  'unhealthy',
  'ejected',
  'circuit_open',
  'full',
] as const;
export type UnavailableReason = (typeof UNAVAILABLE_REASONS)[number];

export const HEALTH_STATES = ['healthy', 'degraded', 'down'] as const;
export type HealthState = (typeof HEALTH_STATES)[number];

/**
 * What changes of a backend. `state`: healthy, degraded, down. `health`: the probes' verdict, or an ejection.
 * `circuit`: its states. `availability`: available, or the reason why not. `weight`: configured, slow start, adaptation.
 */
export const BACKEND_CHANGES = ['state', 'health', 'circuit', 'availability', 'weight'] as const;
export type BackendChangeKind = (typeof BACKEND_CHANGES)[number];

/** Where a backend is from: the configuration file, or added by the API. */
export const BACKEND_SOURCES = ['file', 'api'] as const;
export type BackendSource = (typeof BACKEND_SOURCES)[number];

/** What the API may say of a backend in place of the file, by its name on the wire. */
export const OVERLAY_FIELDS = {
  pool: 'pool',
  weight: 'weight',
  enabled: 'enabled',
  draining: 'draining',
  backup: 'backup',
  maxInFlight: 'max_in_flight',
} as const;

export const WEIGHT = { minimum: 1, maximum: 1000 } as const;
/** Requests at a time, all threads together. */
export const MAX_IN_FLIGHT = { minimum: 1, maximum: 1_000_000 } as const;
