export interface SlowStartSettings {
  /** Until the full weight is reached, > 0. Default 30 s. */
  readonly durationMs: number;
  /** Part of the weight it begins with, above 0, at most 1. Default 0.1. */
  readonly from: number;
}

/**
 * Part of its weight that a backend has `elapsedMs` after it joined: grows linearly from `from` to 1. Its caches are
 * cold and its code is not compiled yet, so a full share at once could take it down again. Source: HAProxy's
 * `slowstart`; Envoy's slow start with aggression 1.
 *
 * @param elapsedMs below 0 (the clock went back) counts as 0
 */
export function slowStartShare(elapsedMs: number, { durationMs, from }: SlowStartSettings): number {
  if (elapsedMs >= durationMs) return 1;
  return from + (1 - from) * Math.max(0, elapsedMs / durationMs);
}
