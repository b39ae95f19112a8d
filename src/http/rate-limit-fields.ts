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

/** Lower-case names and values. */
export function rateLimitFields(state: LimitState, withLegacy: boolean): Record<string, string> {
  const quota = Math.max(1, Math.floor(state.capacity));
  const windowMs = state.windowMs > 0 ? state.windowMs : (state.capacity / state.ratePerSecond) * 1000;
  const windowSeconds = Math.max(1, Math.ceil(windowMs / 1000));
  const remaining = Math.max(0, Math.floor(state.tokens));
  const fields: Record<string, string> = {
    'ratelimit-policy': `"${state.policy}";q=${quota};w=${windowSeconds}`,
    ratelimit: `"${state.policy}";r=${remaining}`,
  };
  if (withLegacy) {
    fields['x-ratelimit-limit'] = String(quota);
    fields['x-ratelimit-remaining'] = String(remaining);
  }
  if (state.waitMs === Infinity) return fields;
  const isRefused = state.waitMs > 0;
  const resetSeconds = isRefused
    ? Math.ceil(state.waitMs / 1000)
    : Math.ceil((state.capacity - state.tokens) / state.ratePerSecond);
  fields['ratelimit'] += `;t=${resetSeconds}`;
  if (isRefused) fields['retry-after'] = String(resetSeconds);
  if (withLegacy) fields['x-ratelimit-reset'] = String(resetSeconds);
  return fields;
}
