/** The names of the strategies, as the configuration file has them. */
export const STRATEGY_NAMES = [
  'round-robin',
  'weighted-round-robin',
  'least-connections',
  'random',
  'two-choices',
  'consistent-hash',
] as const;
export type StrategyName = (typeof STRATEGY_NAMES)[number];
