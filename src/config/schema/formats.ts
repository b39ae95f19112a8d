/** Every kind of text that a setting may require, by the name that the schema uses. */
import { BACKEND_ID_RULE, isBackendId } from '../../backends/core/backend-id-rule.ts';
import { ACME_FORMATS } from './acme-formats.ts';
import { ADDRESS_FORMATS } from './address-formats.ts';
import { REGISTRY_FORMATS } from './discover/registry-formats.ts';
import { DISCOVERY_FORMATS } from './discover/discovery-formats.ts';
import { AUTH_FORMATS } from './route/auth-formats.ts';
import { GEO_PATTERN, GEO_RULE } from '../../geo/core/geo-vocabulary.ts';
import { DURATION_PATTERN, MAX_MS, parseDuration } from './duration.ts';
import { HTTP_FORMATS } from './http-formats.ts';
import { REDIS_FORMATS } from './redis-formats.ts';
import { TELEMETRY_FORMATS } from '../telemetry/telemetry-formats.ts';
import { type TextFormat, unless } from './text-format.ts';

/** In the audit log: `admin.token`, a caller without a token, and the command line. */
const RESERVED_NAMES = ['admin', 'anonymous', 'cli'];

export const FORMATS = {
  ...ADDRESS_FORMATS,
  ...REGISTRY_FORMATS,
  ...HTTP_FORMATS,
  ...ACME_FORMATS,
  ...AUTH_FORMATS,
  ...REDIS_FORMATS,
  ...DISCOVERY_FORMATS,
  ...TELEMETRY_FORMATS,
  duration: {
    allowed: 'a duration above zero, at most 24h, such as 250ms, 5s, 1m or 1h',
    pattern: DURATION_PATTERN,
    reject: (text) => unless((parseDuration(text) ?? 0) > 0 && parseDuration(text)! <= MAX_MS),
  },
  'duration-or-zero': {
    allowed: 'a duration, at most 24h, such as 0s, 250ms, 5s, 1m or 1h',
    pattern: DURATION_PATTERN,
    reject: (text) => unless((parseDuration(text) ?? Number.POSITIVE_INFINITY) <= MAX_MS),
  },
  'max-age': {
    allowed: 'whole seconds, at most 730d, such as 0s, 1h or 365d',
    pattern: DURATION_PATTERN,
    reject: (text) => unless(isMaxAge(parseDuration(text))),
  },
  'time-zone': {
    allowed: 'a time zone of the IANA database, such as UTC or Europe/Berlin',
    reject: (text) => unless(isTimeZone(text)),
  },
  'database-schema': {
    allowed: '1 to 40 lower-case letters, digits and underscores, not starting with a digit or pg_',
    reject: (text) => unless(text === '' || /^(?!pg_)[a-z_][a-z0-9_]{0,39}$/.test(text)),
  },
  'gateway-name': {
    allowed: 'at most 100 printable ASCII characters without spaces',
    reject: (text) => unless(/^[\x21-\x7e]{0,100}$/.test(text)),
  },
  'bearer-token': {
    allowed: 'printable ASCII without spaces',
    reject: (text) => unless(/^[\x21-\x7e]*$/.test(text)),
  },
  'key-id': {
    allowed: '1 to 32 letters, digits, dashes and underscores',
    reject: (text) => unless(/^[A-Za-z0-9_-]{1,32}$/.test(text)),
  },
  'sticky-secret': {
    allowed: '32 to 256 printable ASCII characters without spaces',
    reject: (text) => unless(/^[\x21-\x7e]{32,256}$/.test(text)),
  },
  'token-name': {
    allowed: '1 to 64 letters, digits, dots, at signs, dashes and underscores, the first a letter or digit',
    reject: (text) => {
      if (RESERVED_NAMES.includes(text)) return `"${text}" is taken by Sluice itself`;
      return unless(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/.test(text));
    },
  },
  'token-hash': {
    allowed: '`sha256:` and 64 hex digits in lower case, as sluice token create prints it',
    reject: (text) => unless(/^sha256:[0-9a-f]{64}$/.test(text)),
  },
  'backend-id': {
    allowed: BACKEND_ID_RULE,
    reject: (text) => unless(isBackendId(text)),
  },
  'route-name': {
    allowed: '1 to 100 printable characters',
    reject: (text) => unless(/^[^\p{Cc}]{1,100}$/u.test(text)),
  },
  'zone-name': {
    allowed: 'at most 63 letters, digits, dots, dashes and underscores',
    reject: (text) => unless(/^[A-Za-z0-9._-]{0,63}$/.test(text)),
  },
  'geo-location': { allowed: GEO_RULE, reject: (text) => unless(GEO_PATTERN.test(text)) },
  file: { allowed: 'a file', reject: (text) => unless(text !== '' && !text.includes('\0')) },
  folder: { allowed: 'a folder', reject: (text) => unless(text !== '' && !text.includes('\0')) },
} as const satisfies Record<string, TextFormat>;

/** Browsers take two years at most where it matters, in their list of sites that are preloaded. */
const MAX_AGE_MS = 730 * 86_400_000;

function isTimeZone(text: string): boolean {
  // Offsets such as +02:00 are no zones: they know no summer time.
  if (!/^[A-Za-z]/.test(text)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: text }).format(0);
    return true;
  } catch {
    return false;
  }
}

function isMaxAge(ms: number | undefined): boolean {
  return ms !== undefined && ms <= MAX_AGE_MS && ms % 1000 === 0;
}

export type FormatName = keyof typeof FORMATS;
