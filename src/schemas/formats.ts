/** String formats of our own: for validation, and for the sentence that says what is allowed. */
import { addressKey, isClientId } from '../http/client-key.ts';

export interface Format {
  readonly isValid: (text: string) => boolean;
  readonly allowed: string;
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
  printable: {
    // oxlint-disable-next-line no-control-regex
    isValid: (text) => !/[\u0000-\u001f\u007f]/.test(text),
    allowed: 'text without control characters',
  },
};
