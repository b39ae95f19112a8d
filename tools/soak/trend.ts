/** Does a series of samples grow? Least squares over its second half; the first is warming up. */
export interface Trend {
  /** Of the second half. */
  readonly mean: number;
  /** How much the fitted line rises from the middle to the end; negative: it falls. */
  readonly growth: number;
}

/** Evenly spaced samples; NaN for both when there are fewer than two in the second half. */
export function secondHalf(values: readonly number[]): Trend {
  const half = values.slice(Math.floor(values.length / 2));
  const count = half.length;
  if (count < 2) return { mean: NaN, growth: NaN };
  const mean = half.reduce((sum, value) => sum + value, 0) / count;
  const middle = (count - 1) / 2;
  let upper = 0;
  let lower = 0;
  half.forEach((value, at) => {
    upper += (at - middle) * (value - mean);
    lower += (at - middle) ** 2;
  });
  return { mean, growth: (upper / lower) * (count - 1) };
}

/**
 * The floor of a sawtooth: each sample becomes the minimum of the `width` ending with it. What a garbage collector
 * leaves is what is in use.
 */
export function floorOf(values: readonly number[], width: number): readonly number[] {
  return values.map((_, at) => Math.min(...values.slice(Math.max(0, at + 1 - width), at + 1)));
}

/** Flat: grows by less than a share of its mean, or by less than noise. */
export function isFlat({ mean, growth }: Trend, share: number, noise: number): boolean {
  return growth <= Math.max(share * mean, noise);
}
