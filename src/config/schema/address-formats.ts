/** Addresses, host names and URLs as settings write them. */
import { parsePostgresUrl } from '../../net/postgres-url.ts';
import { parseAddress, parseCidr } from '../../net/ip-address.ts';
import { BACKEND_URL_RULE, rejectBackendUrl } from '../../net/backend-url.ts';
import { canonicalHostPattern } from '../../net/host-name.ts';
import { type TextFormat, unless } from './text-format.ts';

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/i;

export const ADDRESS_FORMATS = {
  'backend-url': {
    allowed: BACKEND_URL_RULE,
    pattern: '^(https?://|h2c://|.*\\$\\{)',
    reject: rejectBackendUrl,
  },
  'database-url': {
    allowed: 'postgres://USER:PASSWORD@HOST:PORT/DATABASE?PARAMETERS',
    reject: rejectDatabaseUrl,
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
  'certificate-host': {
    allowed: 'a host name without port, such as shop.example.com or *.example.com, or an IP address',
    reject: (text) => unless(canonicalHostPattern(text) !== undefined, wildcardReason(text)),
  },
  'route-host': {
    allowed: 'a host name without port, such as api.example.com or *.example.com',
    reject: (text) => unless(isHost(text.replace(/^\*\./, '').replace(/^\[(.*:.*)\]$/, '$1')), ipReason(text)),
  },
  'cors-origin': {
    allowed:
      'an origin such as https://app.example.com or https://*.example.com, with a port unless it is the default; null; or *',
    reject: (text) =>
      unless(text === '*' || text === 'null' || isOrigin(text.replace('://*.', '://').replace('*', ' '))),
  },
  origin: {
    allowed: 'http:// or https://, a host, and a port unless it is the default; no path',
    reject: (text) => {
      if (text === '*') return 'every web page could then use the API; name each origin';
      return unless(isOrigin(text));
    },
  },
} as const satisfies Record<string, TextFormat>;

function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  return /^https?:$/.test(url?.protocol ?? '') && url?.origin === text.toLowerCase();
}

function rejectDatabaseUrl(text: string): string | undefined {
  const parsed = text === '' ? undefined : parsePostgresUrl(text);
  return parsed !== undefined && 'problem' in parsed ? parsed.problem : undefined;
}

export function isHost(text: string): boolean {
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

function wildcardReason(text: string): string {
  if (!text.includes('*')) return ipReason(text);
  return text === '*' ? 'use unknown_name: default for all names' : 'a wildcard is the whole first label';
}

/** The two mistakes in IP addresses that look right. */
function ipReason(text: string): string {
  if (/%/.test(text)) return 'an IP address with a zone is not allowed';
  if (/^[\d./]+$/.test(text) && /(^|\.)0\d/.test(text)) return 'leading zeros are not allowed in an IP address';
  if (/^\[?[\w.:*-]+\]?:\d+$/.test(text) && !/:.*:/.test(text)) return 'a port does not belong here';
  return '';
}
