/**
 * The header fields that a backend gets: the client's, without what belongs to its connection, plus what the gateway
 * states itself. Order, case and duplicates are kept.
 */
import { withoutCookie } from './cookie.ts';
import {
  CONNECTION,
  CONTENT_LENGTH,
  COOKIE,
  DROP,
  FORWARDED,
  FORWARDED_FOR,
  HOST,
  MAX_FORWARDS,
  namedByConnection,
  PASS,
  REQUEST_ID,
  ruleFor,
  TE,
  TRAILER,
  TRANSFER_ENCODING,
  VIA,
} from './header-rules.ts';

export interface RequestHeadFacts {
  /** Name and value in turn, as they came (IncomingMessage.rawHeaders). */
  readonly rawHeaders: readonly string[];
  readonly method: string;
  /** The peer of the client's connection. */
  readonly peerAddress: string;
  /** The peer is a trusted proxy: what it says of the client is passed on and added to. */
  readonly isPeerTrusted: boolean;
  readonly protocol: 'http' | 'https';
  /** HTTP version of the request, `1.1`, for Via. */
  readonly httpVersion: string;
  readonly host: string | undefined;
  readonly requestId: string;
  readonly preserveHost: boolean;
  /** The gateway's own cookie, which is no backend's business; null: it has none. */
  readonly ownCookie: string | null;
}

/** The pseudonym of the gateway in Via (RFC 9110, 7.6.3). */
export const VIA_NAME = 'sluice';

/** Name and value in turn, ready for the upstream client. */
export function requestHead(facts: RequestHeadFacts): string[] {
  const { rawHeaders, isPeerTrusted } = facts;
  const head: string[] = [];
  let forwardedFor = '';
  let hasForwardedHost = false;
  let hasForwardedProto = false;
  let via = '';
  let trailer = '';
  let isChunked = false;
  let named: string[] | undefined;

  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!;
    const value = rawHeaders[at + 1]!;
    switch (ruleFor(name)) {
      case PASS:
      case CONTENT_LENGTH:
        head.push(name, value);
        break;
      case COOKIE: {
        const cookies = facts.ownCookie === null ? value : withoutCookie(value, facts.ownCookie);
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
        via = via === '' ? value : `${via}, ${value}`;
        break;
      case FORWARDED_FOR:
        if (isPeerTrusted) forwardedFor = forwardedFor === '' ? value : `${forwardedFor}, ${value}`;
        break;
      case FORWARDED:
        if (isPeerTrusted) {
          const lower = name.toLowerCase();
          hasForwardedHost ||= lower === 'x-forwarded-host';
          hasForwardedProto ||= lower === 'x-forwarded-proto';
          head.push(name, value);
        }
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
        trailer = trailer === '' ? value : `${trailer}, ${value}`;
        break;
      case DROP:
        break;
    }
  }
  // Trailers follow a chunked body only.
  if (isChunked && trailer !== '') head.push('trailer', trailer);
  // Before the gateway's own fields are added, so that a client cannot have those removed.
  const kept = named === undefined ? head : withoutNamed(head, named);

  if (facts.preserveHost && facts.host !== undefined) kept.push('host', facts.host);
  kept.push('x-forwarded-for', forwardedFor === '' ? facts.peerAddress : `${forwardedFor}, ${facts.peerAddress}`);
  if (!hasForwardedHost && facts.host !== undefined) kept.push('x-forwarded-host', facts.host);
  if (!hasForwardedProto) kept.push('x-forwarded-proto', facts.protocol);
  kept.push('x-request-id', facts.requestId);
  const hop = facts.httpVersion === '1.1' ? `1.1 ${VIA_NAME}` : `${facts.httpVersion} ${VIA_NAME}`;
  kept.push('via', via === '' ? hop : `${via}, ${hop}`);
  return kept;
}

/** The methods whose way through the proxies Max-Forwards bounds (RFC 9110, 7.6.2). */
export function isTraced(method: string): boolean {
  return method === 'TRACE' || method === 'OPTIONS';
}

/** Anything but a number of 1 or more is passed on as it is; 0 does not come here (own-answer.ts). */
function oneLess(maxForwards: string): string {
  return /^[0-9]{1,9}$/.test(maxForwards) && maxForwards !== '0' ? String(Number(maxForwards) - 1) : maxForwards;
}

/** Only what passes can be named: neither statements about the client nor TE, which the gateway states itself. */
function withoutNamed(head: readonly string[], named: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < head.length; at += 2) {
    const name = head[at]!;
    const rule = ruleFor(name);
    if ((rule !== PASS && rule !== COOKIE) || !named.includes(name.toLowerCase())) kept.push(name, head[at + 1]!);
  }
  return kept;
}
