import { parseAddress } from './ip-address.ts';

/**
 * Why a text is not a backend URL, or undefined if it is one. Stricter than the URL standard, which accepts
 * `http:\\host`, a host over two lines, and reads `010.0.0.1` as octal: traffic must go where a reader of the text
 * expects. The answer never repeats the text, which may contain a password.
 */
export function rejectBackendUrl(text: string): string | undefined {
  const parts = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)/i.exec(text);
  if (parts === null) return 'it is not a full URL';
  const [, scheme = '', authority = ''] = parts;
  if (!/^https?$/i.test(scheme)) return 'it is not http or https';
  if (/[\s\\\p{Cc}]/u.test(text)) return 'it contains white space, a control character or a backslash';
  if (authority.includes('@')) return 'it contains credentials, which do not belong in a URL';
  if (text.includes('?')) return 'it has a query';
  if (text.includes('#')) return 'it has a fragment';
  if (authority === '' || !URL.canParse(text)) return hostReason(authority);
  const url = new URL(text);
  const host = authority.replace(/:\d*$/, '');
  if (parseAddress(url.hostname) !== undefined && url.hostname !== host) return hostReason(authority);
  if (authority.endsWith(':')) return 'the port is missing after the colon';
  if (url.port === '0') return 'port 0 cannot be connected to';
  return undefined;
}

function hostReason(authority: string): string {
  if (authority === '') return 'the host is missing';
  if (authority.includes('%')) return 'an IP address with a zone (or an escaped host) is not allowed';
  if (/^[\d.x]+(:\d*)?$/i.test(authority)) return 'the IPv4 address or the port is malformed (no leading zeros)';
  return 'the host or the port is malformed';
}

/**
 * The TLS server name that a backend's certificate is checked against, whatever Host a client sent. Empty: the URL
 * contains an address, which is not allowed as a server name (RFC 6066, section 3); the certificate then has to name
 * the address.
 *
 * @param hostname of a URL: an IPv6 address in brackets.
 */
export function tlsServerName(hostname: string): string {
  return parseAddress(bareHost(hostname)) === undefined ? hostname.replace(/\.$/, '') : '';
}

/** A host as sockets take it: an IPv6 address without its brackets. @param hostname of a URL. */
export function bareHost(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

/** The canonical form of a backend's URL: lower-case host, no default port, no trailing slash. Needs a valid one. */
export function canonicalBackendUrl(text: string): string {
  const url = new URL(text);
  return `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`;
}
