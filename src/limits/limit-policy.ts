/** Limits from the settings, in the shapes in which they are used. */
import type { LimitSettings, RateLimitSettings, RouteSettings } from '../config/settings.ts';
import type { ClientLimit } from './client-limit.ts';
import type { BucketPolicy } from './client-table.ts';

/** The gateway's. `windowMs` is always set: one shape of object keeps the hot path fast. */
export interface LimitPolicies {
  /** For clients without settings of their own. */
  readonly default: BucketPolicy;
  readonly global: BucketPolicy | null;
}

/** A route's own limits. */
export interface RouteLimits {
  readonly route: string;
  /** For each client on this route. */
  readonly client: BucketPolicy | null;
  /** For all clients together. */
  readonly total: BucketPolicy | null;
  readonly dryRun: boolean;
}

export function limitPolicies({ algorithm, default: bucket, window, global }: RateLimitSettings): LimitPolicies {
  const policy =
    algorithm === 'sliding-window'
      ? windowPolicy(window.limit, window.sizeMs, false)
      : { ...bucket, windowMs: 0, isLocal: false };
  return { default: policy, global: global === null ? null : limitPolicy(global) };
}

/** Null when the route has none. */
export function routeLimits({ name, rateLimit }: RouteSettings): RouteLimits | null {
  if (rateLimit === null) return null;
  const { total, dryRun } = rateLimit;
  // One with a key is taken later (policies/keyed-limit.ts).
  const client = rateLimit.client?.key === null ? rateLimit.client : null;
  if (client === null && total === null) return null;
  return {
    route: name,
    client: client === null ? null : limitPolicy(client),
    total: total === null ? null : limitPolicy(total),
    dryRun,
  };
}

export function limitPolicy({ capacity, ratePerSecond, limit, sizeMs, scope }: LimitSettings): BucketPolicy {
  const isLocal = scope === 'gateway';
  if (limit !== null && sizeMs !== null) return windowPolicy(limit, sizeMs, isLocal);
  if (capacity !== null && ratePerSecond !== null) return { capacity, ratePerSecond, windowMs: 0, isLocal };
  throw new RangeError('a limit is a token bucket or a sliding window');
}

export function clientPolicy({ algorithm, capacity, ratePerSecond, windowSeconds }: ClientLimit): BucketPolicy {
  const isWindow = algorithm === 'sliding-window' && windowSeconds !== null;
  return isWindow
    ? windowPolicy(capacity, windowSeconds * 1000, false)
    : { capacity, ratePerSecond, windowMs: 0, isLocal: false };
}

/** The settings of a new client that are not given. */
export function defaultClientLimit(settings: RateLimitSettings): ClientLimit {
  return policyLimit(limitPolicies(settings).default);
}

/** The inverse of {@link clientPolicy}. */
export function policyLimit({ capacity, ratePerSecond, windowMs = 0 }: BucketPolicy): ClientLimit {
  if (windowMs === 0) return { algorithm: 'token-bucket', capacity, ratePerSecond, windowSeconds: null };
  return { algorithm: 'sliding-window', capacity, ratePerSecond, windowSeconds: windowMs / 1000 };
}

export function isSamePolicy(one: BucketPolicy | null, other: BucketPolicy | null): boolean {
  return (
    one?.capacity === other?.capacity &&
    one?.ratePerSecond === other?.ratePerSecond &&
    (one?.windowMs ?? 0) === (other?.windowMs ?? 0)
  );
}

function windowPolicy(limit: number, windowMs: number, isLocal: boolean): BucketPolicy {
  return { capacity: limit, ratePerSecond: (limit * 1000) / windowMs, windowMs, isLocal };
}
