/** What credentials of callers look like in settings. */
import { parsePasswordHash } from '../../auth/core/password-hash.ts';
import { type TextFormat, unless } from './text-format.ts';

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
} as const satisfies Record<string, TextFormat>;
