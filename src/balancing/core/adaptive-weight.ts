/**
 * Adaptive weights: a backend that is slower than the others of its pool, or fails, loses weight, and regains it once
 * it recovers. Everything is a factor of the configured weight ("share"); src/balancing/control/effective-weights.ts
 * combines the factors.
 *
 *     target = clamp(target latency / latency, 0.1, 5) ^ l × max(0.1, 1 − error rate / max error rate) ^ e
 *     next   = share + speed × (target − share), within minShare..maxShare
 *
 * `l` and `e` are the latency share and the error share, scaled so that their mean is 1: with equal shares the two
 * factors are simply multiplied. They are multiplied rather than added because in a sum, the speed of a backend that
 * rejects everything at once would outweigh its errors. For the same reason, the bonus for speed shrinks as errors grow
 * and is gone at a tenth of the tolerated error rate: the answers that made the backend fast may be the failed ones.
 */
export interface AdaptiveWeightSettings {
  /** Weight of latency against errors, 0..1; 0 leaves latency out. Default 0.6. */
  readonly latencyShare: number;
  /** Weight of errors against latency, 0..1; 0 leaves errors out. Not both 0. Default 0.4. */
  readonly errorShare: number;
  /** Part of the distance to the target covered in one round, above 0, at most 1. Default 0.1. */
  readonly speed: number;
  /** Error rate at which a backend gets the maximum penalty, above 0, at most 1. Default 0.1. */
  readonly maxErrorRate: number;
  /** Smallest share, above 0, at most 1. Default 0.25. */
  readonly minShare: number;
  /** Largest share, from 1. Default 4. */
  readonly maxShare: number;
}

export interface AdaptiveInputs {
  /** Mean time to first byte of good answers in the interval, ms; null: there was none, so latency is ignored. */
  readonly latencyMs: number | null;
  /** Mean latency of the others, or the configured target, ms; null: nothing to compare with. */
  readonly targetLatencyMs: number | null;
  /** Share of bad attempts in the interval, 0..1. */
  readonly errorRate: number;
}

const MIN_LATENCY_FACTOR = 0.1;
const MAX_LATENCY_FACTOR = 5;
const MIN_ERROR_FACTOR = 0.1;
/** Part of the tolerated error rate above which speed earns no bonus. */
const NO_BONUS_FROM = 0.1;
/** Faster than this counts as this, ms. */
const MIN_LATENCY_MS = 0.064;

/** The share these inputs lead to in the long run, before the bounds. */
export function targetShare(inputs: AdaptiveInputs, settings: AdaptiveWeightSettings): number {
  const { latencyShare, errorShare, maxErrorRate } = settings;
  const scale = 2 / (latencyShare + errorShare);
  const badness = inputs.errorRate / maxErrorRate;
  const errorFactor = Math.max(MIN_ERROR_FACTOR, 1 - badness);
  return latencyFactor(inputs, badness) ** (latencyShare * scale) * errorFactor ** (errorShare * scale);
}

/** The share after one more round. */
export function nextShare(share: number, inputs: AdaptiveInputs, settings: AdaptiveWeightSettings): number {
  return towards(share, targetShare(inputs, settings), settings);
}

/** The share after a round without data: back towards the configured weight, so that no backend is forgotten. */
export function driftShare(share: number, settings: AdaptiveWeightSettings): number {
  return towards(share, 1, settings);
}

function towards(share: number, target: number, { speed, minShare, maxShare }: AdaptiveWeightSettings): number {
  // The target is bounded as well as the step: from far beyond a bound, it would take long to return.
  const bounded = clamp(target, minShare, maxShare);
  return clamp(share + speed * (bounded - share), minShare, maxShare);
}

function latencyFactor({ latencyMs, targetLatencyMs }: AdaptiveInputs, badness: number): number {
  if (latencyMs === null || targetLatencyMs === null) return 1;
  const ratio = Math.max(targetLatencyMs, MIN_LATENCY_MS) / Math.max(latencyMs, MIN_LATENCY_MS);
  const factor = clamp(ratio, MIN_LATENCY_FACTOR, MAX_LATENCY_FACTOR);
  return factor <= 1 ? factor : 1 + (factor - 1) * Math.max(0, 1 - badness / NO_BONUS_FROM);
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}

/** The median; null for an empty list. */
export function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return null;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
