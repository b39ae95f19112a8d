/** Words of pools: for the file and the API. */

/** The names of the strategies in the configuration file. */
export const STRATEGY_NAMES = [
  'round-robin',
  'weighted-round-robin',
  'least-connections',
  'random',
  'two-choices',
  'consistent-hash',
] as const;
export type StrategyName = (typeof STRATEGY_NAMES)[number];

/** What a pool prefers: backends in the gateway's zone, then its region; in its region; or none. */
export const LOCALITY_PREFERENCES = ['off', 'region', 'zone'] as const;
/** How near a backend is to the gateway, the nearest first. */
export const LOCALITY_LEVELS = ['zone', 'region', 'other'] as const;
export type LocalityLevel = (typeof LOCALITY_LEVELS)[number];

/** What decides the pool of a request on a route with several. */
export const SPLIT_KEYS = ['client', 'request'] as const;
/** Weights of a route's pools. */
export const SPLIT_WEIGHT = [0, 1_000_000] as const;
