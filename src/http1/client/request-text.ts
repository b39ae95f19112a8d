/** The head of a request as it is sent (RFC 9112, section 3). */
import type { UpstreamRequest } from '../../http/upstream-side.ts';

/** Methods that define a meaning for a body: without one, they send Content-Length: 0 (RFC 9110, 8.6). */
const WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'QUERY', 'PROPFIND', 'PROPPATCH']);

/** latin1, with the empty line. */
export function requestText({ method, target, host, fields, body, upgrade }: UpstreamRequest): string {
  const connection = upgrade === undefined ? 'keep-alive' : `Upgrade\r\nupgrade: ${upgrade}`;
  let text = `${method} ${target} HTTP/1.1\r\nhost: ${host}\r\nconnection: ${connection}\r\n`;
  let hasLength = false;
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at]!;
    if (name.length === 14 && name.toLowerCase() === 'content-length') hasLength = true;
    text += `${name}: ${fields[at + 1]!}\r\n`;
  }
  if (body === null) return !hasLength && WITH_BODY.has(method) ? `${text}content-length: 0\r\n\r\n` : `${text}\r\n`;
  return Buffer.isBuffer(body) || body.hasLength ? `${text}\r\n` : `${text}transfer-encoding: chunked\r\n\r\n`;
}
