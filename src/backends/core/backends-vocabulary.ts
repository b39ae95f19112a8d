/** Vocabulary and ranges of backends: for the file, the API and the dashboard. */

/** Why a backend gets no requests. One word each, the same everywhere, in the order in which they are checked. */
export const UNAVAILABLE_REASONS = [
  'disabled',
  'draining',
  'unresolved',
  'unproven',
  'unhealthy',
  'ejected',
  'circuit_open',
  'full',
] as const;
export type UnavailableReason = (typeof UNAVAILABLE_REASONS)[number];

/**
 * What the health checks say of a backend. `unknown`: none has ended yet. `unchecked`: checks are off, or nobody
 * configured one and the backend has no `/health`.
 */
export const PROBE_STATES = ['up', 'down', 'unknown', 'unchecked'] as const;
export type ProbeState = (typeof PROBE_STATES)[number];

export const HEALTH_STATES = ['healthy', 'degraded', 'down'] as const;
export type HealthState = (typeof HEALTH_STATES)[number];

/**
 * Kinds of change of a backend. `state`: healthy, degraded, down. `health`: the probes' verdict, or an ejection.
 * `circuit`: its states. `availability`: available, or the reason why not. `weight`: configured, slow start,
 * adaptation.
 */
export const BACKEND_CHANGES = ['state', 'health', 'circuit', 'availability', 'weight'] as const;
export type BackendChangeKind = (typeof BACKEND_CHANGES)[number];

/** The source of a backend: the configuration file, discovery (a member of its pool), or added by the API. */
export const BACKEND_SOURCES = ['file', 'discovery', 'api'] as const;
export type BackendSource = (typeof BACKEND_SOURCES)[number];

/** Fields of a backend that the API may override, by their names on the wire. */
export const OVERLAY_FIELDS = {
  pool: 'pool',
  weight: 'weight',
  enabled: 'enabled',
  draining: 'draining',
  backup: 'backup',
  maxInFlight: 'max_in_flight',
} as const;

export const WEIGHT = { minimum: 1, maximum: 1000 } as const;
/** Concurrent requests, all threads together. */
export const MAX_IN_FLIGHT = { minimum: 1, maximum: 1_000_000 } as const;
