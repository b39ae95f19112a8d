/**
 * May one more retry start? Retries are limited to a share of the requests in flight, so that they cannot multiply the
 * load on backends that already fail, but a few are always allowed, so that a quiet gateway retries at all.
 * Source: Envoy's retry budget (20 %, minimum 3).
 *
 * @param requestsInFlight all, retries among them
 * @param ratio 0..1. Default 0.2.
 * @param minimum retries at a time that are always allowed. Default 3.
 */
export function mayRetry(retriesInFlight: number, requestsInFlight: number, ratio: number, minimum: number): boolean {
  return retriesInFlight + 1 <= Math.max(minimum, ratio * requestsInFlight);
}
