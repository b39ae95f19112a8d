/** Which requests to change the protocol are passed on to a backend (RFC 9110, 7.8). */
import type { IncomingHttpHeaders } from 'node:http';

/**
 * HTTP/2 without TLS and the like: its requests would pass the gateway unseen by every route, limit and log ("h2c
 * smuggling"). A server may ignore Upgrade, so these continue as plain HTTP/1.1.
 */
const NEVER = /^(?:h2c?|http|tls)(?:\/|$)/i;

/** The Upgrade field for the backend; undefined if the request is to be treated as one without it. */
export function passedProtocols(request: {
  readonly httpVersion: string;
  readonly headers: IncomingHttpHeaders;
}): string | undefined {
  const { upgrade } = request.headers;
  const length = request.headers['content-length'];
  const hasBody = request.headers['transfer-encoding'] !== undefined || (length !== undefined && Number(length) !== 0);
  // Where the body ends and the other protocol begins, two parties may read differently.
  if (upgrade === undefined || hasBody || request.httpVersion !== '1.1') return undefined;
  const passed = upgrade
    .split(',')
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol !== '' && !NEVER.test(protocol));
  return passed.length === 0 ? undefined : passed.join(', ');
}
