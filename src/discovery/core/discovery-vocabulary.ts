/** Vocabulary of discovery, for API, command line and dashboard. */

/**
 * `starting`: nothing is known yet. `cached`: only the list of the last run. `current`: the source answers. `failing`: its
 * last answer failed, and the members stay.
 */
export const DISCOVERY_STATES = ['starting', 'cached', 'current', 'failing'] as const;
export type DiscoveryState = (typeof DISCOVERY_STATES)[number];

/** How long a pushed list counts, seconds. */
export const TTL_SECONDS = { minimum: 1, maximum: 86_400 } as const;

/** Where routes may come from; those of the first win over those of the next. */
export const ROUTE_PROVIDERS = ['docker', 'kubernetes'] as const;
export type RouteProvider = (typeof ROUTE_PROVIDERS)[number];
