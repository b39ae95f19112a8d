/**
 * The fields that tell a client about its limit: RateLimit-Policy and RateLimit of the IETF httpapi draft
 * (draft-ietf-httpapi-ratelimit-headers-11, sections 3 and 4: structured fields), Retry-After (RFC 9110, 10.2.3), and the older X-RateLimit-*.
 */
import { hasField } from '../http/fields/has-field.ts';

export interface LimitState {
  /**
   * Name of the policy: `default`, `client` (registered), `route-client` (the client on this route), `route` (all
   * clients on it), `global`, `preflight`.
   */
  readonly policy: string;
  readonly capacity: number;
  readonly ratePerSecond: number;
  /** Above 0: a sliding window of this length. */
  readonly windowMs: number;
  /** Tokens left, fractions included. */
  readonly tokens: number;
  /** Time until the request could be admitted, ms; 0 if it was, Infinity if it never could be. */
  readonly waitMs: number;
}

/** The part that is the same for all requests under one limit. */
interface PolicyText {
  readonly capacity: number;
  readonly ratePerSecond: number;
  readonly windowMs: number;
  readonly quota: number;
  readonly text: string;
}

export class RateLimitFields {
  /** By name of the policy, the last value: nearly always still the current one. */
  readonly #policies = new Map<string, PolicyText>();
  /** The last ones, and what they were made of: a client that is refused gets the same again and again. */
  #fields: readonly string[] = [];
  #policy: PolicyText | null = null;
  #remaining = 0;
  #isRefused = false;
  #resetSeconds = 0;
  #withLegacy = false;

  /** Name (lower case) and value alternating. */
  of(state: LimitState, withLegacy: boolean): readonly string[] {
    const policy = this.#policyOf(state);
    const remaining = Math.max(0, Math.floor(state.tokens));
    const isRefused = state.waitMs > 0;
    const resetSeconds = isRefused
      ? Math.ceil(state.waitMs / 1000)
      : Math.ceil((state.capacity - state.tokens) / state.ratePerSecond);
    if (
      policy !== this.#policy ||
      remaining !== this.#remaining ||
      isRefused !== this.#isRefused ||
      resetSeconds !== this.#resetSeconds ||
      withLegacy !== this.#withLegacy
    ) {
      this.#policy = policy;
      this.#remaining = remaining;
      this.#isRefused = isRefused;
      this.#resetSeconds = resetSeconds;
      this.#withLegacy = withLegacy;
      this.#fields = fieldsOf(state, policy, remaining, resetSeconds, withLegacy);
    }
    return this.#fields;
  }

  #policyOf({ policy, capacity, ratePerSecond, windowMs }: LimitState): PolicyText {
    const known = this.#policies.get(policy);
    if (
      known !== undefined &&
      known.capacity === capacity &&
      known.ratePerSecond === ratePerSecond &&
      known.windowMs === windowMs
    ) {
      return known;
    }
    const quota = Math.max(1, Math.floor(capacity));
    const fillMs = windowMs > 0 ? windowMs : (capacity / ratePerSecond) * 1000;
    const text = `"${policy}";q=${quota};w=${Math.max(1, Math.ceil(fillMs / 1000))}`;
    const made = { capacity, ratePerSecond, windowMs, quota, text };
    this.#policies.set(policy, made);
    return made;
  }
}

function fieldsOf(
  { policy, waitMs }: LimitState,
  { quota, text }: PolicyText,
  remaining: number,
  resetSeconds: number,
  withLegacy: boolean,
): string[] {
  const isEver = waitMs !== Infinity;
  const limit = `"${policy}";r=${remaining}`;
  const fields = ['ratelimit-policy', text, 'ratelimit', isEver ? `${limit};t=${resetSeconds}` : limit];
  if (withLegacy) fields.push('x-ratelimit-limit', String(quota), 'x-ratelimit-remaining', String(remaining));
  if (isEver && waitMs > 0) fields.push('retry-after', String(resetSeconds));
  if (isEver && withLegacy) fields.push('x-ratelimit-reset', String(resetSeconds));
  return fields;
}

/**
 * Adds them to the fields of an answer. The RateLimit fields that a backend sends stay: both are lists, and a client
 * must obey all limits on the way. Its X-RateLimit-* and Retry-After replace ours, because such a field holds a single number.
 *
 * @param limit the result of {@link RateLimitFields.of}; null: no limit applies to the request.
 */
export function addLimitFields(fields: string[], limit: readonly string[] | null): void {
  if (limit === null) return;
  const answered = fields.length;
  for (let at = 0; at < limit.length; at += 2) {
    const name = limit[at]!;
    if (at >= FIRST_LEGACY && hasField(fields, name, answered)) continue;
    fields.push(name, limit[at + 1]!);
  }
}

/** The older fields in the list, if there are any. */
const FIRST_LEGACY = 4;

/**
 * The fields of two limits in the same lists: a client must obey both.
 *
 * @param limits name and value alternating, RateLimit-Policy first and RateLimit second; null: none. So is `more`, of which
 * nothing else is taken.
 */
export function joinLimitFields(limits: readonly string[] | null, more: readonly string[]): readonly string[] {
  if (limits === null) return more.slice(0, 4);
  const fields = [...limits];
  fields[1] = `${fields[1]!}, ${more[1]!}`;
  fields[3] = `${fields[3]!}, ${more[3]!}`;
  return fields;
}
