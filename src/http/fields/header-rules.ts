/**
 * What a gateway does with each header field: pass it, drop it, or handle it itself. One lookup per field.
 *
 * Hop-by-hop fields belong to one connection and are never forwarded (RFC 9110, 7.6.1), nor are fields listed in a
 * Connection field. Fields about the client and its request are dropped unless a trusted proxy sent them.
 *
 * CGI, WSGI, Rack and PHP see every field as a variable in which `-` has become `_`, and some turn any other character
 * into `_`: to them `X_Forwarded_For` is X-Forwarded-For. Names are therefore compared with all of these folded.
 */
import { ownText } from '../../core/own-text.ts';

export const PASS = 0;
export const DROP = 1;
export const CONNECTION = 2;
export const HOST = 3;
/** A statement about the client, its connection, or the URL it asked for. */
export const FORWARDED = 4;
export const FORWARDED_FOR = 5;
export const VIA = 6;
export const REQUEST_ID = 7;
export const CONTENT_LENGTH = 8;
export const TE = 9;
export const TRANSFER_ENCODING = 10;
export const TRAILER = 11;
export const MAX_FORWARDS = 12;
export const COOKIE = 13;
export const FORWARDED_HOST = 14;
export const FORWARDED_PROTO = 15;
export const FORWARDED_PORT = 16;
export const FORWARDED_PREFIX = 17;
/** In a request: another spelling of a field that the gateway sets or that frames the message; never passed on. */
export const FORGED = 18;
/**
 * Contains more than letters, digits and `-`. Passed on, unless it is another spelling of a field that identifies
 * clients.
 */
export const ODD_NAME = 19;

const RULES: Readonly<Record<string, number>> = {
  connection: CONNECTION,
  'keep-alive': DROP,
  'proxy-connection': DROP,
  'proxy-authenticate': DROP,
  'proxy-authorization': DROP,
  'proxy-authentication-info': DROP,
  'transfer-encoding': TRANSFER_ENCODING,
  trailer: TRAILER,
  'max-forwards': MAX_FORWARDS,
  cookie: COOKIE,
  upgrade: DROP,
  'http2-settings': DROP,
  // Answered by the gateway itself: Node's server sends the 100.
  expect: DROP,
  te: TE,
  host: HOST,
  via: VIA,
  'content-length': CONTENT_LENGTH,
  'x-request-id': REQUEST_ID,
  // A token for this gateway alone.
  'x-sluice-explain': DROP,
  // Not an HTTP field; CGI makes HTTP_PROXY of it, which many programs take for their own proxy (httpoxy.org).
  proxy: FORGED,
  'x-forwarded-for': FORWARDED_FOR,
  'x-forwarded-host': FORWARDED_HOST,
  'x-forwarded-proto': FORWARDED_PROTO,
  'x-forwarded-port': FORWARDED_PORT,
  'x-forwarded-prefix': FORWARDED_PREFIX,
};

/** Besides `X-Forwarded-*`: fields that frameworks, or programs written for one proxy or CDN, believe. */
const STATEMENTS: ReadonlySet<string> = new Set([
  'forwarded',
  'forwarded-for',
  'x-forwarded',
  // The caller's address.
  'x-real-ip',
  'real-ip',
  'x-client-ip',
  'client-ip',
  'true-client-ip',
  'x-true-client-ip',
  'cf-connecting-ip',
  'cf-connecting-ipv6',
  'cf-pseudo-ipv4',
  'fastly-client-ip',
  'fly-client-ip',
  'x-cluster-client-ip',
  'x-envoy-external-address',
  'x-original-forwarded-for',
  'x-originating-ip',
  'x-remote-addr',
  'x-remote-ip',
  // The URL it asked for.
  'x-original-host',
  'x-original-uri',
  'x-original-url',
  'x-rewrite-url',
  'x-envoy-original-path',
  'x-script-name',
  // The caller's country.
  'cf-ipcountry',
  'cloudfront-viewer-country',
  'x-vercel-ip-country',
  'x-appengine-country',
  // Its scheme, and the certificate it showed (RFC 9440).
  'front-end-https',
  'x-scheme',
  'x-url-scheme',
  'client-cert',
  'client-cert-chain',
]);

/** Set in some pools only (origin-host.ts). */
const ORIGIN_HOST = 'x-origin-host';

/** Names as received, in any case, so that most lookups need no toLowerCase. Bounded, because callers choose names. */
const known = new Map<string, number>();
const MAX_KNOWN = 2048;
const MAX_KNOWN_LENGTH = 64;

/** @param name a field name in any case. */
export function ruleFor(name: string): number {
  const cached = known.get(name);
  if (cached !== undefined) return cached;
  const lower = name.toLowerCase();
  const folded = foldedName(lower);
  const rule = folded === lower ? ruleOf(lower) : ruleOfSpelling(folded);
  if (name.length <= MAX_KNOWN_LENGTH) {
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(ownText(name), rule);
  }
  return rule;
}

/** @param lower a field name in lower case; @returns it with `-` for everything that is neither letter nor digit. */
export function foldedName(lower: string): string {
  return lower.replace(/[^a-z0-9]/g, '-');
}

function ruleOf(lower: string): number {
  if (Object.hasOwn(RULES, lower)) return RULES[lower]!;
  return lower.startsWith('x-forwarded-') || STATEMENTS.has(lower) ? FORWARDED : PASS;
}

/** For a name that is not folded: the rule of the name that it is a spelling of. */
function ruleOfSpelling(folded: string): number {
  const rule = ruleOf(folded);
  if (rule === FORWARDED) return FORWARDED;
  return rule === PASS && folded !== ORIGIN_HOST ? ODD_NAME : FORGED;
}

/**
 * The field names that a Connection value lists, lower case, without the connection's own options. Undefined if there
 * are none, the usual case.
 */
export function namedByConnection(value: string): string[] | undefined {
  if (value === 'keep-alive' || value === 'close' || value === 'Keep-Alive') return undefined;
  const names = value
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    // Content-Length frames the message: listing it here is an attempt to make the two ends disagree about the body.
    .filter((name) => !['', 'keep-alive', 'close', 'content-length', 'host'].includes(name));
  return names.length === 0 ? undefined : names;
}
