/**
 * What a gateway does with each header field: pass it, drop it, or handle it itself. One look-up per field.
 *
 * Hop-by-hop fields belong to one connection and are never forwarded (RFC 9110, 7.6.1), nor is what a Connection
 * field names. Fields that state who asked are dropped unless a trusted proxy sent them.
 */
export const PASS = 0;
export const DROP = 1;
export const CONNECTION = 2;
export const HOST = 3;
/** X-Forwarded-*, Forwarded, X-Real-IP: statements about the client. */
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
  'x-forwarded-for': FORWARDED_FOR,
  'x-forwarded-host': FORWARDED,
  'x-forwarded-proto': FORWARDED,
  'x-forwarded-port': FORWARDED,
  'x-forwarded-server': FORWARDED,
  'x-forwarded-prefix': FORWARDED,
  'x-real-ip': FORWARDED,
  forwarded: FORWARDED,
};

/** Names as they come, in whatever case, so that most look-ups need no toLowerCase. Bounded: callers choose names. */
const known = new Map<string, number>();
const MOST_KNOWN = 2048;
const LONGEST_KNOWN = 64;

/** @param name a field name in any case. */
export function ruleFor(name: string): number {
  const cached = known.get(name);
  if (cached !== undefined) return cached;
  const lower = name.toLowerCase();
  const rule = Object.hasOwn(RULES, lower) ? RULES[lower]! : PASS;
  if (known.size < MOST_KNOWN && name.length <= LONGEST_KNOWN) known.set(name, rule);
  return rule;
}

/**
 * The field names that a Connection value lists, lower case, without the connection's own options.
 * Undefined when it names none, which is nearly always.
 */
export function namedByConnection(value: string): string[] | undefined {
  if (value === 'keep-alive' || value === 'close' || value === 'Keep-Alive') return undefined;
  const names = value
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    // Content-Length frames the message: whoever names it here wants the two ends to disagree about the body.
    .filter((name) => !['', 'keep-alive', 'close', 'content-length', 'host'].includes(name));
  return names.length === 0 ? undefined : names;
}
