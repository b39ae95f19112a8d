import type { CertificateState } from './certificates-vocabulary.ts';

/** Of its life, what is left when it is `expiring`. */
const EXPIRING_SHARE = 1 / 6;

/** All in milliseconds since the epoch; it is valid from `notBeforeMs` and before `notAfterMs`. */
export function certificateState(notBeforeMs: number, notAfterMs: number, nowMs: number): CertificateState {
  if (nowMs >= notAfterMs) return 'expired';
  if (nowMs < notBeforeMs) return 'not_yet_valid';
  return notAfterMs - nowMs < (notAfterMs - notBeforeMs) * EXPIRING_SHARE ? 'expiring' : 'ok';
}
