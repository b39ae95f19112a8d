/**
 * The header fields that a backend gets: the client's, without what belongs to its connection, plus what the gateway
 * adds itself. Order, case and duplicates are kept.
 */
import { isTraceField } from '../../tracing/core/trace-context.ts';
import { withoutCookies } from '../../net/cookie.ts';
import {
  CONNECTION,
  CONTENT_LENGTH,
  COOKIE,
  DROP,
  foldedName,
  FORGED,
  FORWARDED,
  FORWARDED_FOR,
  FORWARDED_HOST,
  FORWARDED_PORT,
  FORWARDED_PREFIX,
  FORWARDED_PROTO,
  HOST,
  MAX_FORWARDS,
  namedByConnection,
  ODD_NAME,
  PASS,
  REQUEST_ID,
  ruleFor,
  TE,
  TRAILER,
  TRANSFER_ENCODING,
  VIA,
} from '../../http/fields/header-rules.ts';

export interface RequestHeadFacts {
  /** Name and value alternating, as received (IncomingMessage.rawHeaders). */
  readonly rawHeaders: readonly string[];
  readonly method: string;
  /** Its body has no length: as HTTP/2 sends it. In HTTP/1.1, a field says so. */
  readonly isStreamed: boolean;
  /** The peer of the client's connection. */
  readonly peerAddress: string;
  /** The peer is a trusted proxy: what it says about the client is passed on and extended. */
  readonly isPeerTrusted: boolean;
  readonly protocol: 'http' | 'https';
  /** The gateway's own entry in Via. */
  readonly via: string;
  readonly host: string | undefined;
  readonly requestId: string;
  /** Instead of the client's; null: that is passed on. */
  readonly traceparent: string | null;
  /** The same; empty: none. */
  readonly traceState: string;
  /** X-Forwarded-Client-Cert; null: none; undefined: what a trusted proxy sent is passed on. */
  readonly clientCertificate: string | null | undefined;
  /** Names of the gateway's own cookies, which backends must not see. */
  readonly ownCookies: readonly string[];
  /** The prefix removed from the path before it is forwarded; empty: none. */
  readonly strippedPrefix: string;
  /** The fields that identify clients, lower case; no other spelling of them is passed on. */
  readonly identityFields: readonly string[];
  /** The field that states where a client is, lower case: only trusted proxies may; null: none does. */
  readonly geoHeader: string | null;
}

const CLIENT_CERTIFICATE = 'x-forwarded-client-cert';

/** Name and value alternating, ready for the upstream client. */
export function requestHead(facts: RequestHeadFacts): string[] {
  const { rawHeaders, isPeerTrusted } = facts;
  const foldedGeo = facts.geoHeader === null ? null : foldedName(facts.geoHeader);
  const head: string[] = [];
  let forwardedFor = '';
  let forwardedHost = '';
  let forwardedProto = '';
  let forwardedPort = '';
  let forwardedPrefix = '';
  let via = '';
  let trailer = '';
  let isChunked = facts.isStreamed;
  let named: string[] | undefined;

  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!;
    const value = rawHeaders[at + 1]!;
    switch (ruleFor(name)) {
      case PASS:
        if (foldedGeo !== null && !isPeerTrusted && name.toLowerCase() === foldedGeo) break;
        if (facts.traceparent === null || !isTraceField(name)) head.push(name, value);
        break;
      case CONTENT_LENGTH:
        // Zeros in front are allowed, and not every server reads such a number as decimal.
        head.push(name, value.length > 1 && value.startsWith('0') ? String(Number(value)) : value);
        break;
      case COOKIE: {
        const cookies = withoutCookies(value, facts.ownCookies);
        if (cookies !== '') head.push(name, cookies);
        break;
      }
      case CONNECTION: {
        const names = namedByConnection(value);
        if (names !== undefined) named = named === undefined ? names : named.concat(names);
        break;
      }
      case TE:
        if (/(^|[\s,])trailers\s*($|[,;])/i.test(value)) head.push('te', 'trailers');
        break;
      case VIA:
        via = joined(via, value);
        break;
      case FORWARDED_FOR:
        if (isPeerTrusted) forwardedFor = joined(forwardedFor, value);
        break;
      case FORWARDED:
        if (isPeerTrusted && !isReplaced(name, facts)) head.push(name, value);
        break;
      case FORWARDED_HOST:
        if (isPeerTrusted) forwardedHost = joined(forwardedHost, value);
        break;
      case FORWARDED_PROTO:
        if (isPeerTrusted) forwardedProto = joined(forwardedProto, value);
        break;
      case FORWARDED_PORT:
        if (isPeerTrusted) forwardedPort = joined(forwardedPort, value);
        break;
      case FORWARDED_PREFIX:
        if (isPeerTrusted) forwardedPrefix = joined(forwardedPrefix, value);
        break;
      case ODD_NAME:
        if (facts.geoHeader !== null && isForgedGeo(name, facts.geoHeader, isPeerTrusted)) break;
        if (!isOtherSpelling(name, facts.identityFields)) head.push(name, value);
        break;
      case MAX_FORWARDS:
        head.push(name, isTraced(facts.method) ? oneLess(value) : value);
        break;
      case HOST:
      case REQUEST_ID:
        break;
      case TRANSFER_ENCODING:
        isChunked = true;
        break;
      case TRAILER:
        trailer = joined(trailer, value);
        break;
      case DROP:
      case FORGED:
        break;
    }
  }
  // Trailers follow a chunked body only.
  if (isChunked && trailer !== '') head.push('trailer', trailer);
  // Before the gateway's own fields are added, so that a client cannot remove those.
  const kept = named === undefined ? head : withoutNamed(head, named);

  kept.push('x-forwarded-for', forwardedFor === '' ? facts.peerAddress : `${forwardedFor}, ${facts.peerAddress}`);
  const host = forwardedHost === '' ? facts.host : forwardedHost;
  const proto = forwardedProto === '' ? facts.protocol : forwardedProto;
  if (host !== undefined) kept.push('x-forwarded-host', host);
  kept.push('x-forwarded-proto', proto);
  kept.push('x-forwarded-port', forwardedPort === '' ? portOf(host, proto) : forwardedPort);
  const prefix = outerPrefix(forwardedPrefix, facts.strippedPrefix);
  if (prefix !== '') kept.push('x-forwarded-prefix', prefix);
  if (typeof facts.clientCertificate === 'string') kept.push(CLIENT_CERTIFICATE, facts.clientCertificate);
  kept.push('x-request-id', facts.requestId);
  if (facts.traceparent !== null) {
    kept.push('traceparent', facts.traceparent);
    if (facts.traceState !== '') kept.push('tracestate', facts.traceState);
  }
  kept.push('via', via === '' ? facts.via : `${via}, ${facts.via}`);
  return kept;
}

/** The methods to which Max-Forwards applies (RFC 9110, 7.6.2). */
export function isTraced(method: string): boolean {
  return method === 'TRACE' || method === 'OPTIONS';
}

/** Anything but a number of 1 or more is passed on unchanged; 0 never gets here (own-answer.ts). */
function oneLess(maxForwards: string): string {
  return /^[0-9]{1,9}$/.test(maxForwards) && maxForwards !== '0' ? String(Number(maxForwards) - 1) : maxForwards;
}

/** A list field may come in several lines (RFC 9110, 5.3). */
function joined(before: string, value: string): string {
  return before === '' ? value : `${before}, ${value}`;
}

/** The port that the client asked for: the one in its Host, else the scheme's own. */
function portOf(host: string | undefined, proto: string): string {
  if (host !== undefined) {
    const colon = host.lastIndexOf(':');
    // `[::1]` has colons and no port.
    if (colon !== -1 && colon > host.lastIndexOf(']')) {
      const port = host.slice(colon + 1);
      if (/^[0-9]{1,5}$/.test(port)) return port;
    }
  }
  return proto === 'http' ? '80' : /^(https|wss)\s*(,|$)/i.test(proto) ? '443' : '80';
}

/** The prefix removed by a trusted proxy, followed by the one that the gateway removes. */
function outerPrefix(stated: string, stripped: string): string {
  if (stripped === '') return stated;
  const own = stripped.endsWith('/') ? stripped.slice(0, -1) : stripped;
  return stated.endsWith('/') ? stated.slice(0, -1) + own : stated + own;
}

/** Backends that fold names could not distinguish it from a field that identifies clients. */
function isOtherSpelling(name: string, identityFields: readonly string[]): boolean {
  const lower = name.toLowerCase();
  if (identityFields.includes(lower)) return false;
  const folded = foldedName(lower);
  return identityFields.some((field) => foldedName(field) === folded);
}

/** It, or another spelling of it, from a client; or another spelling of it that a proxy passed on. */
function isForgedGeo(name: string, geoHeader: string, isPeerTrusted: boolean): boolean {
  const lower = name.toLowerCase();
  return foldedName(lower) === foldedName(geoHeader) && !(isPeerTrusted && lower === geoHeader);
}

/**
 * Only fields that are passed on can be named: neither statements about the client nor TE, which the gateway sets
 * itself.
 */
function withoutNamed(head: readonly string[], named: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < head.length; at += 2) {
    const name = head[at]!;
    const rule = ruleFor(name);
    if ((rule !== PASS && rule !== COOKIE && rule !== ODD_NAME) || !named.includes(name.toLowerCase()))
      kept.push(name, head[at + 1]!);
  }
  return kept;
}

/** The gateway says it itself. */
function isReplaced(name: string, { clientCertificate }: RequestHeadFacts): boolean {
  return clientCertificate !== undefined && foldedName(name.toLowerCase()) === CLIENT_CERTIFICATE;
}
