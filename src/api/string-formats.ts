/** String formats of our own: for validation, and for the sentence that says what is allowed. */
import { BACKEND_ID_RULE, isBackendId } from '../backends/core/backend-id-rule.ts';
import { BACKEND_URL_RULE, rejectBackendUrl } from '../net/backend-url.ts';
import { addressKey, isClientId } from '../identity/client-key.ts';

export interface Format {
  readonly isValid: (text: string) => boolean;
  readonly allowed: string;
  /** What is wrong with a text that may contain a secret: shown instead of the text. */
  readonly reason?: (text: string) => string | undefined;
}

export const FORMATS: Readonly<Record<string, Format>> = {
  'ip-or-cidr': {
    isValid: (text) => addressKey(text) !== undefined,
    allowed: 'an IPv4 or IPv6 address, or a CIDR block such as 10.0.0.0/8',
  },
  'client-id': {
    isValid: isClientId,
    allowed: '1 to 128 visible ASCII characters that are no IP address or CIDR block',
  },
  'backend-id': { isValid: isBackendId, allowed: BACKEND_ID_RULE },
  'backend-url': {
    isValid: (text) => rejectBackendUrl(text) === undefined,
    allowed: BACKEND_URL_RULE,
    reason: rejectBackendUrl,
  },
  instant: {
    // The form of RFC 3339; Date checks whether the day exists. PostgreSQL has no year 0, and text order fails beyond
    // 9999.
    isValid: (text) => {
      const isForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/i.test(text);
      const year = new Date(text).getUTCFullYear();
      return isForm && year >= 1 && year <= 9999;
    },
    allowed: 'a time such as 2026-01-31T12:00:00Z',
  },
  printable: {
    // oxlint-disable-next-line no-control-regex
    isValid: (text) => !/[\u0000-\u001f\u007f]/.test(text),
    allowed: 'text without control characters',
  },
};
