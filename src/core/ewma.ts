/** Exponentially weighted moving averages. NaN means that there is no sample yet; the first sample is the average. */

/**
 * By time: α = 1 − exp(−Δt / τ). The weight of a sample depends on how long ago it was, not on how many came since.
 * Source: J. Eckner, "Algorithms for unevenly spaced time series" (2012); Finagle's peak EWMA uses the same decay.
 *
 * @param elapsedMs since the last sample; 0 and less (the clock went back) leave the average unchanged
 * @param windowMs τ, > 0: after this long an old average weighs 1/e. Default 10 s.
 */
export function decayingAverage(average: number, sample: number, elapsedMs: number, windowMs: number): number {
  return fixedAverage(average, sample, elapsedMs > 0 ? -Math.expm1(-elapsedMs / windowMs) : 0);
}

/**
 * By count: every sample has the same weight when it arrives.
 *
 * @param alpha weight of the new sample, 0..1. Default 0.2.
 */
export function fixedAverage(average: number, sample: number, alpha: number): number {
  return Number.isNaN(average) ? sample : average + alpha * (sample - average);
}
