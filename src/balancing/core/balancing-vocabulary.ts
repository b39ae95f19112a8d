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
