/**
 * The fields that tell a client about its limit: RateLimit-Policy and RateLimit of the IETF httpapi draft
 * (draft-ietf-httpapi-ratelimit-headers-11, sections 3 and 4: structured fields), Retry-After (RFC 9110, 10.2.3), and the older X-RateLimit-*.
 */
export interface LimitState {
  /**
   * Name of the policy: `default`, `client` (registered), `route-client` (the client on this route), `route` (all
   * clients on it), `global`.
   */
  readonly policy: string;
  readonly capacity: number;
  readonly ratePerSecond: number;
  /** Above 0: a sliding window of this length. */
  readonly windowMs: number;
  /** Tokens left, fractions included. */
  readonly tokens: number;
  /** Until the request could be let through, ms; 0 when it was, Infinity when it never could be. */
  readonly waitMs: number;
}

/** Name (lower case) and value in turn. */
export function rateLimitFields(state: LimitState, withLegacy: boolean): string[] {
  const quota = Math.max(1, Math.floor(state.capacity));
  const windowMs = state.windowMs > 0 ? state.windowMs : (state.capacity / state.ratePerSecond) * 1000;
  const windowSeconds = Math.max(1, Math.ceil(windowMs / 1000));
  const remaining = Math.max(0, Math.floor(state.tokens));
  const isRefused = state.waitMs > 0;
  const resetSeconds = isRefused
    ? Math.ceil(state.waitMs / 1000)
    : Math.ceil((state.capacity - state.tokens) / state.ratePerSecond);
  const isEver = state.waitMs !== Infinity;
  const fields = [
    'ratelimit-policy',
    `"${state.policy}";q=${quota};w=${windowSeconds}`,
    'ratelimit',
    isEver ? `"${state.policy}";r=${remaining};t=${resetSeconds}` : `"${state.policy}";r=${remaining}`,
  ];
  if (withLegacy) fields.push('x-ratelimit-limit', String(quota), 'x-ratelimit-remaining', String(remaining));
  if (isEver && isRefused) fields.push('retry-after', String(resetSeconds));
  if (isEver && withLegacy) fields.push('x-ratelimit-reset', String(resetSeconds));
  return fields;
}
