/** How old a stored answer is and how long it may be used (RFC 9111, 4.2). All times in seconds. */
import { type Directives, secondsOf } from './cache-control.ts';

/** The fields of an answer that decide about its use. Times in seconds since 1970; NaN: there, and not a date. */
export interface AnswerTimes {
  readonly directives: Directives;
  readonly date: number | undefined;
  readonly expires: number | undefined;
  readonly age: number | undefined;
}

/** Of an entry when it was stored. */
export interface Freshness {
  /** Age when it arrived. */
  readonly initialAge: number;
  readonly lifetime: number;
  /** Must not be used without asking, even while fresh. */
  readonly isAlwaysChecked: boolean;
  /** Must not be used when stale, whatever else is said. */
  readonly isStrict: boolean;
  readonly staleWhileRevalidate: number;
  readonly staleIfError: number;
}

/** What applies where the answer says nothing. Seconds. */
export interface FreshnessDefaults {
  readonly ttl: number;
  readonly staleWhileRevalidate: number;
  readonly staleIfError: number;
}

/** What an answer says itself; undefined: nothing. Shared caches: s-maxage, then max-age, then Expires. */
export function statedLifetime({ directives, date, expires }: AnswerTimes, arrived: number): number | undefined {
  const stated = secondsOf(directives, 's-maxage') ?? secondsOf(directives, 'max-age');
  if (stated !== undefined || expires === undefined) return stated;
  const from = date === undefined || Number.isNaN(date) ? arrived : date;
  return Number.isNaN(expires) ? 0 : Math.max(0, expires - from);
}

/** @param asked when the request was sent, and @param arrived when the head of its answer came; seconds since 1970 */
export function freshnessOf(
  times: AnswerTimes,
  defaults: FreshnessDefaults,
  asked: number,
  arrived: number,
): Freshness {
  const { directives, date } = times;
  const apparentAge = date === undefined || Number.isNaN(date) ? 0 : Math.max(0, arrived - date);
  const correctedAge = (times.age ?? 0) + Math.max(0, arrived - asked);
  return {
    initialAge: Math.max(apparentAge, correctedAge),
    lifetime: statedLifetime(times, arrived) ?? defaults.ttl,
    isAlwaysChecked: directives.has('no-cache'),
    isStrict: ['must-revalidate', 'proxy-revalidate', 's-maxage'].some((name) => directives.has(name)),
    staleWhileRevalidate: secondsOf(directives, 'stale-while-revalidate') ?? defaults.staleWhileRevalidate,
    staleIfError: secondsOf(directives, 'stale-if-error') ?? defaults.staleIfError,
  };
}

/** `check`: the backend has to confirm it first. `stale-check`: it may be used, and is to be confirmed meanwhile. */
export type Use = 'fresh' | 'stale' | 'stale-check' | 'check';

/** How an entry may be used for a request. @param age now. @param request its Cache-Control */
export function useOf(freshness: Freshness, age: number, request: Directives): Use {
  const { lifetime, isAlwaysChecked, isStrict, staleWhileRevalidate } = freshness;
  if (isAlwaysChecked || request.has('no-cache')) return 'check';
  const maxAge = secondsOf(request, 'max-age');
  if (maxAge !== undefined && age > maxAge) return 'check';
  const minFresh = secondsOf(request, 'min-fresh') ?? 0;
  const left = lifetime - age;
  if (left > 0) return left >= minFresh ? 'fresh' : 'check';
  if (isStrict || minFresh > 0) return 'check';
  const maxStale = request.get('max-stale') === '' ? Infinity : (secondsOf(request, 'max-stale') ?? 0);
  if (-left < maxStale) return 'stale';
  return -left < staleWhileRevalidate ? 'stale-check' : 'check';
}

/** Whether it may be used because the backend failed (RFC 5861, 4). @param request may ask for it, too */
export function mayReplaceError(
  { lifetime, isStrict, isAlwaysChecked, staleIfError }: Freshness,
  age: number,
  request: Directives,
): boolean {
  if (isStrict || isAlwaysChecked) return false;
  return age - lifetime < Math.max(staleIfError, secondsOf(request, 'stale-if-error') ?? 0);
}
