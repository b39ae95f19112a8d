/** What credentials of callers look like in settings. */
import { parsePasswordHash } from '../../../auth/core/password-hash.ts';
import { type TextFormat, unless } from '../text-format.ts';

export const AUTH_FORMATS = {
  'user-name': {
    allowed: '1 to 128 printable ASCII characters without spaces and colons',
    reject: (text) => unless(/^[\x21-\x39\x3b-\x7e]{1,128}$/.test(text)),
  },
  'password-hash': {
    allowed: 'the hash of a password, as sluice password prints it: scrypt:15:8:3:SALT:HASH',
    reject: (text) => unless(parsePasswordHash(text) !== undefined),
  },
  realm: {
    allowed: '1 to 100 printable ASCII characters other than " and \\',
    reject: (text) => unless(/^[\x20\x21\x23-\x5b\x5d-\x7e]{1,100}$/.test(text)),
  },
  issuer: {
    allowed: 'the iss of the tokens, usually an https:// URL; at most 1000 printable ASCII characters without spaces',
    reject: (text) => unless(/^[\x21-\x7e]{1,1000}$/.test(text)),
  },
  'claim-value': {
    allowed: '1 to 1000 printable characters',
    reject: (text) => unless(/^[^\p{Cc}]{1,1000}$/u.test(text)),
  },
  'claim-name': {
    allowed: "a claim's name: 1 to 200 printable ASCII characters without spaces",
    reject: (text) => unless(/^[\x21-\x7e]{1,200}$/.test(text)),
  },
  // RFC 6749, 3.3.
  scope: {
    allowed: '1 to 200 printable ASCII characters without spaces, " and \\',
    reject: (text) => unless(/^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/.test(text)),
  },
  'keys-url': {
    allowed: 'an http:// or https:// URL without user, password and #',
    reject: (text) => unless(isPlainUrl(text)),
  },
  // As long as the hash (RFC 7518, 3.2).
  'token-secret': {
    allowed: '32 to 1000 printable ASCII characters without spaces',
    reject: (text) => unless(/^[\x21-\x7e]{32,1000}$/.test(text)),
  },
} as const satisfies Record<string, TextFormat>;

function isPlainUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return false;
  return url.username === '' && url.password === '' && url.hash === '';
}
