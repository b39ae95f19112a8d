/** When to renew, and when to try again. All in milliseconds since the epoch. */

/** As the authority suggests (ARI, RFC 9773). */
export interface SuggestedWindow {
  readonly startMs: number;
  readonly endMs: number;
}

/** Of its life: when it is renewed if the authority suggests nothing, how far before that, and when at the latest. */
const RENEWAL_SHARE = 2 / 3;
const SPREAD_SHARE = 0.05;
const LATEST_SHARE = 5 / 6;
/** No suggestion is followed before: one that is wrong for new certificates, too, would have them ordered without end. */
const EARLIEST_SHARE = 0.01;

/**
 * At a time within the suggested window, else around two thirds of the life, whatever its length.
 *
 * @param random 0 to 1, always the same for a certificate: so that all gateways agree, and many certificates that were
 *   ordered together are not renewed together
 */
export function renewalDueMs(
  notBeforeMs: number,
  notAfterMs: number,
  window: SuggestedWindow | null,
  random: number,
): number {
  const lifeMs = notAfterMs - notBeforeMs;
  if (window === null) return notBeforeMs + lifeMs * (RENEWAL_SHARE - SPREAD_SHARE * random);
  const suggestedMs = window.startMs + (window.endMs - window.startMs) * random;
  return Math.min(Math.max(suggestedMs, notBeforeMs + lifeMs * EARLIEST_SHARE), notBeforeMs + lifeMs * LATEST_SHARE);
}

const MINUTE_MS = 60_000;
/** After the first failure, the second … */
const BACK_OFF_MS = [MINUTE_MS, 10 * MINUTE_MS, 100 * MINUTE_MS, 24 * 60 * MINUTE_MS];
const BACK_OFF_SPREAD = 0.1;

/** @param failures in a row, at least one. @param random 0 to 1 */
export function backOffMs(failures: number, random: number): number {
  const ms = BACK_OFF_MS[Math.min(failures, BACK_OFF_MS.length) - 1]!;
  return ms * (1 + BACK_OFF_SPREAD * (2 * random - 1));
}

const MAX_ATTEMPTS_AN_HOUR = 4;
const HOUR_MS = 60 * MINUTE_MS;

/** The attempts of the last hour: authorities count them, too. */
export function recentAttempts(attempts: readonly number[], nowMs: number): readonly number[] {
  return attempts.filter((atMs) => atMs > nowMs - HOUR_MS && atMs <= nowMs);
}

/** When one more attempt is allowed; not later than now: it is. */
export function nextAttemptMs(attempts: readonly number[], nowMs: number): number {
  const recent = recentAttempts(attempts, nowMs).toSorted((one, other) => one - other);
  return recent.length < MAX_ATTEMPTS_AN_HOUR ? nowMs : recent.at(-MAX_ATTEMPTS_AN_HOUR)! + HOUR_MS;
}

const FAILURES_PER_ISSUER = 3;

/** The next one after three failures in a row, and the first after the last. @param issuers at least one */
export function issuerFor<T>(issuers: readonly T[], failures: number): T {
  return issuers[Math.floor(failures / FAILURES_PER_ISSUER) % issuers.length]!;
}
