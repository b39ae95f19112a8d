import type { UpstreamProtocol } from './core/net-vocabulary.ts';
import { parseAddress } from './ip-address.ts';

/** What {@link rejectBackendUrl} accepts, for messages. */
export const BACKEND_URL_RULE = 'http://, https:// or h2c://, a host, and optionally a port and a base path';

/** An `http` URL of a backend that speaks HTTP/2 without TLS, as other gateways write it too. */
const H2C = /^h2c(?=:\/\/)/i;

/**
 * Why a text is not a backend URL, or undefined if it is one. Stricter than the URL standard, which accepts
 * `http:\\host`, a host over two lines, and reads `010.0.0.1` as octal: traffic must go where a reader of the text
 * expects. The answer never repeats the text, which may contain a password.
 */
export function rejectBackendUrl(text: string): string | undefined {
  const parts = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)/i.exec(text);
  if (parts === null) return 'it is not a full URL';
  const [, scheme = '', authority = ''] = parts;
  if (/^h2$/i.test(scheme)) return 'for HTTP/2 over TLS, write https:// and set protocol: h2';
  if (!/^(https?|h2c)$/i.test(scheme)) return 'it is not http, https or h2c';
  if (/[\s\\\p{Cc}]/u.test(text)) return 'it contains white space, a control character or a backslash';
  if (authority.includes('@')) return 'it contains credentials, which do not belong in a URL';
  if (text.includes('?')) return 'it has a query';
  if (text.includes('#')) return 'it has a fragment';
  const url = URL.parse(withoutH2c(text));
  if (authority === '' || url === null) return hostReason(authority);
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

/** It says that the backend speaks HTTP/2 without TLS. */
export function isH2cUrl(text: string): boolean {
  return H2C.test(text);
}

/** For the URL standard, which parses the host of `http` URLs differently from that of unknown schemes. */
export function withoutH2c(text: string): string {
  return text.replace(H2C, 'http');
}

/**
 * The canonical form of a backend's URL: `http` instead of `h2c`, because its pool has the protocol; lower-case host, no
 * default port, no trailing slash. Needs a valid one.
 */
export function canonicalBackendUrl(text: string): string {
  const url = new URL(withoutH2c(text));
  return `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`;
}

/**
 * Why a backend does not fit into a pool with this protocol; undefined: it does. HTTP/2 over TLS and HTTP/2 without it
 * are different protocols (RFC 9113, 3.2 and 3.3).
 *
 * @param url a valid one
 * @param shown the protocol, as messages show it
 */
export function protocolMisfit(protocol: UpstreamProtocol, url: string, shown: string = protocol): string | undefined {
  const isTls = withoutH2c(url).toLowerCase().startsWith('https:');
  if (protocol === 'h2') return isTls ? undefined : `protocol: ${shown} needs https:// URLs`;
  if (protocol === 'h2c') return isTls ? `protocol: ${shown} needs h2c:// or http:// URLs` : undefined;
  return isH2cUrl(url) ? `h2c:// URLs need protocol: h2c, and this pool has protocol: ${shown}` : undefined;
}
