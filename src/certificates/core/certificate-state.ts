import type { CertificateState } from './certificates-vocabulary.ts';

/** Of its life, what is left when it is `expiring`. */
const EXPIRING_SHARE = 1 / 6;

/** All in milliseconds since the epoch; it is valid from `notBeforeMs` and before `notAfterMs`. */
export function certificateState(notBeforeMs: number, notAfterMs: number, nowMs: number): CertificateState {
  if (nowMs >= notAfterMs) return 'expired';
  if (nowMs < notBeforeMs) return 'not_yet_valid';
  return lifeLeft(notBeforeMs, notAfterMs, nowMs) < EXPIRING_SHARE ? 'expiring' : 'ok';
}

/** The share of its life that is left: 1 at its beginning and before, 0 once it has expired. */
export function lifeLeft(notBeforeMs: number, notAfterMs: number, nowMs: number): number {
  return Math.min(1, Math.max(0, (notAfterMs - nowMs) / (notAfterMs - notBeforeMs)));
}
