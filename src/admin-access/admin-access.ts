/**
 * Who may talk to the admin port, as pure functions on header values.
 *
 * A page of any web site can make a browser send requests to 127.0.0.1. What it cannot do is choose the Host header
 * (DNS rebinding keeps the attacker's name in it) or leave out the Origin header of a WebSocket or an unsafe request.
 */
import { contains, formatAddress, parseAddress, parseCidr } from '../net/ip-address.ts';

/** The server's choice if a client offers subprotocols. */
export const METRICS_PROTOCOL = 'sluice.metrics.v1';

/**
 * Browsers cannot set headers on a WebSocket. They offer METRICS_PROTOCOL and this prefix followed by the token in
 * base64url without padding; the server answers METRICS_PROTOCOL and never repeats the token. Unlike a query string,
 * a subprotocol stays out of histories, Referer and access logs. (Kubernetes' API server does the same.)
 */
export const BEARER_PROTOCOL_PREFIX = 'sluice.bearer.';

/**
 * Close code and reason for a WebSocket that would not be admitted any more (RFC 6455, 7.4.1: it violates a policy).
 */
export const REVOKED = [1008, 'its token, role, host or origin is no longer allowed here'] as const;

export interface HostPolicy {
  /** The address the admin app listens on. */
  readonly host: string;
  readonly allowedHosts: readonly string[];
}

const LOOPBACK = ['127.0.0.0/8', '::1'].map((text) => parseCidr(text)!);
const WILDCARDS = ['0.0.0.0', '::', ''];

/**
 * The name in a Host header: lower case, without port, brackets and trailing dot; undefined if malformed or missing.
 */
export function hostName(header: string | undefined): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^\s:@/\\?#[\]]+?))\.?(?::\d{0,5})?$/i.exec(header ?? '');
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

/**
 * Loopback names, the listening address, the configured names; and any IP literal when listening on all addresses: a
 * rebound name is never an IP literal.
 */
export function isTrustedHost(name: string | undefined, policy: HostPolicy): boolean {
  if (name === undefined) return false;
  const address = parseAddress(name);
  if (name === 'localhost' || (address && LOOPBACK.some((block) => contains(block, address)))) return true;
  if (address && WILDCARDS.includes(policy.host)) return true;
  const canonical = canonicalName(name);
  return [policy.host, ...policy.allowedHosts].some((allowed) => canonicalName(allowed) === canonical);
}

/**
 * The page that sends this request came from exactly the host and port it talks to. `null` and malformed origins did
 * not.
 */
export function isSameHost(origin: string, hostHeader: string | undefined): boolean {
  const page = parseUrl(origin);
  if (page === undefined || page.host === '') return false;
  // The page's scheme, so that both sides omit the same default port; TLS may be terminated in front of us.
  return page.host === parseUrl(`${page.protocol}//${hostHeader ?? ''}`)?.host;
}

/** The bearer token of the Authorization header or, for WebSockets only, of the offered subprotocols. */
export function offeredToken(headers: {
  readonly authorization?: string | undefined;
  readonly upgrade?: string | undefined;
  readonly 'sec-websocket-protocol'?: string | undefined;
}): string | undefined {
  const bearer = /^bearer +(.+)$/i.exec(headers.authorization ?? '')?.[1]?.trim();
  if (bearer !== undefined || headers.upgrade === undefined) return bearer;
  const protocols = (headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim());
  const offered = protocols.find((protocol) => protocol.startsWith(BEARER_PROTOCOL_PREFIX));
  return offered && Buffer.from(offered.slice(BEARER_PROTOCOL_PREFIX.length), 'base64url').toString();
}

function canonicalName(name: string): string {
  const address = parseAddress(name.replace(/^\[(.*)\]$/, '$1'));
  return address ? formatAddress(address) : name.toLowerCase().replace(/\.$/, '');
}

function parseUrl(text: string): URL | undefined {
  return URL.parse(text) ?? undefined;
}
