import { METHODS } from 'node:http';

import { parsePostgresUrl } from '../../net/postgres-url.ts';
import { parseAddress, parseCidr } from '../../net/ip-address.ts';
import { BACKEND_ID_RULE, isBackendId } from '../../backends/core/backend-id-rule.ts';
import { rejectBackendUrl } from '../../net/backend-url.ts';
import { DURATION_PATTERN, MAX_MS, parseDuration } from './duration.ts';
import { didYouMean } from './nearest.ts';

/** A kind of text a setting may require. */
interface TextFormat {
  /** What is allowed, as worded in errors. */
  readonly allowed: string;
  /** Why a text is refused, without repeating it; an empty reason if `allowed` says it all; undefined: it is valid. */
  readonly reject: (text: string) => string | undefined;
  /** For editors, which cannot run `reject`: a pattern that accepts everything valid. */
  readonly pattern?: string;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/; // RFC 9110 section 5.6.2
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/i;
/** In the audit log: `admin.token`, a caller without a token, and the command line. */
const RESERVED_NAMES = ['admin', 'anonymous', 'cli'];
const FORWARDED_METHODS = METHODS.filter((method) => method !== 'CONNECT');

const unless = (isRight: boolean, reason = ''): string | undefined => (isRight ? undefined : reason);

export const FORMATS = {
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
  'backend-url': {
    allowed: 'http:// or https://, a host, and optionally a port and a base path',
    pattern: '^(https?://|.*\\$\\{)',
    reject: rejectBackendUrl,
  },
  'database-url': {
    allowed: 'postgres://USER:PASSWORD@HOST:PORT/DATABASE?PARAMETERS',
    reject: rejectDatabaseUrl,
  },
  'database-schema': {
    allowed: '1 to 40 lower-case letters, digits and underscores, the first no digit, not beginning with pg_',
    reject: (text) => unless(text === '' || /^(?!pg_)[a-z_][a-z0-9_]{0,39}$/.test(text)),
  },
  'gateway-name': {
    allowed: 'at most 100 printable ASCII characters without spaces',
    reject: (text) => unless(/^[\x21-\x7e]{0,100}$/.test(text)),
  },
  cidr: {
    allowed: 'an IP address or CIDR block such as 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32',
    reject: (text) => unless(parseCidr(text) !== undefined, ipReason(text)),
  },
  'dns-server': {
    allowed: 'an IP address, optionally with a port, such as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353',
    reject: (text) => unless(isDnsServer(text)),
  },
  'listen-host': {
    allowed: 'an IP address or a host name, such as 0.0.0.0, :: or localhost',
    reject: (text) => unless(isHost(text), ipReason(text)),
  },
  'host-name': {
    allowed: 'a host name or IP address without port',
    reject: (text) => unless(isHost(text.replace(/^\[(.*:.*)\]$/, '$1')), ipReason(text)),
  },
  'server-name': {
    allowed: 'a host name without port; TLS has no names for IP addresses',
    reject: (text) => unless(HOST_NAME.test(text) && parseAddress(text) === undefined && !/^[\d.]+$/.test(text)),
  },
  'route-host': {
    allowed: 'a host name without port, such as api.example.com or *.example.com',
    reject: (text) => unless(isHost(text.replace(/^\*\./, '').replace(/^\[(.*:.*)\]$/, '$1')), ipReason(text)),
  },
  path: {
    allowed: 'a path that begins with a slash, without query and white space, what is not ASCII as %XX',
    pattern: '^(/|.*\\$\\{)',
    reject: (text) => unless(/^\/[\x21\x22\x24-\x3e\x40-\x7e]*$/.test(text)),
  },
  'probe-path': {
    allowed: 'a path that begins with a slash, optionally with a query, without white space',
    pattern: '^(/|.*\\$\\{)',
    reject: (text) => unless(/^\/[\x21\x22\x24-\x7e]*$/.test(text)),
  },
  method: {
    allowed: 'an HTTP method in capitals, such as GET',
    reject: (text) => unless(FORWARDED_METHODS.includes(text), didYouMean(text, FORWARDED_METHODS).slice(2)),
  },
  'header-name': { allowed: "a header's name", reject: (text) => unless(TOKEN.test(text)) },
  'header-value': {
    allowed: 'at most 1000 printable ASCII characters, without spaces at the ends',
    reject: (text) => unless(/^(?:[\x21-\x7e](?:[\x20-\x7e]{0,998}[\x21-\x7e])?)?$/.test(text)),
  },
  'expected-text': { allowed: '1 to 1000 characters', reject: (text) => unless(/^[^]{1,1000}$/u.test(text)) },
  'header-or-cookie-name': { allowed: "a header's or cookie's name", reject: (text) => unless(TOKEN.test(text)) },
  'cookie-path': {
    allowed: 'a path that begins with a slash: printable ASCII without spaces and semicolons',
    pattern: '^(/|.*\\$\\{)',
    reject: (text) => unless(/^\/[\x21-\x3a\x3c-\x7e]*$/.test(text)),
  },
  'cookie-domain': {
    allowed: 'a domain name, such as example.com, without a dot in front',
    reject: (text) => unless(parseAddress(text) === undefined && isHost(text) && !text.startsWith('.')),
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
  origin: {
    allowed: 'http:// or https://, a host, and a port where it is not the usual one; no path',
    reject: (text) => {
      if (text === '*') return 'every web page could then use the API; name each origin';
      return unless(
        /^https?:$/.test(URL.parse(text)?.protocol ?? '') && URL.parse(text)?.origin === text.toLowerCase(),
      );
    },
  },
  'backend-id': {
    allowed: BACKEND_ID_RULE,
    reject: (text) => unless(isBackendId(text)),
  },
  'route-name': {
    allowed: '1 to 100 printable characters',
    reject: (text) => unless(/^[^\p{Cc}]{1,100}$/u.test(text)),
  },
  file: { allowed: 'a file', reject: (text) => unless(text !== '' && !text.includes('\0')) },
  folder: { allowed: 'a folder', reject: (text) => unless(text !== '' && !text.includes('\0')) },
} as const satisfies Record<string, TextFormat>;

export type FormatName = keyof typeof FORMATS;

function rejectDatabaseUrl(text: string): string | undefined {
  const parsed = text === '' ? undefined : parsePostgresUrl(text);
  return parsed !== undefined && 'problem' in parsed ? parsed.problem : undefined;
}

function isHost(text: string): boolean {
  // Digits and dots only must be a valid IPv4 address, because that is what was meant.
  return parseAddress(text) !== undefined || (HOST_NAME.test(text) && !/^[\d.]+$/.test(text));
}

function isDnsServer(text: string): boolean {
  const { address = text, port = '53' } =
    /^(?<address>[\d.]+|\[[^\]]*\])(?::(?<port>\d{1,5}))?$/.exec(text)?.groups ?? {};
  return (
    parseAddress(address.replace(/^\[(.*:.*)\]$/, '$1')) !== undefined && Number(port) >= 1 && Number(port) <= 65_535
  );
}

/** The two mistakes in IP addresses that look right. */
function ipReason(text: string): string {
  if (/%/.test(text)) return 'an IP address with a zone is not allowed';
  if (/^[\d./]+$/.test(text) && /(^|\.)0\d/.test(text)) return 'leading zeros are not allowed in an IP address';
  if (/^\[?[\w.:*-]+\]?:\d+$/.test(text) && !/:.*:/.test(text)) return 'a port does not belong here';
  return '';
}
