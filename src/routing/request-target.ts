/** The four forms of a request target (RFC 9112, 3.2), converted to the one that is routed and forwarded. */
import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../errors.ts';

export interface RequestTarget {
  /** Path and query, or `*`. */
  readonly target: string;
  /** From an absolute-form target, which overrides the Host field (RFC 9112, 3.2.2); undefined: use the Host field. */
  readonly authority: string | undefined;
}

/** Undefined if the target has none of the forms, or one that this method cannot have. */
export function requestTarget(target: string, method: string): RequestTarget | undefined {
  if (target.startsWith('/')) return target.includes('#') ? undefined : { target, authority: undefined };
  if (target === '*') return method === 'OPTIONS' ? { target, authority: undefined } : undefined;
  const absolute = /^https?:\/\/([^/?#]+)([^#]*)$/i.exec(target);
  if (absolute === null) return undefined;
  const [, authority, rest] = absolute as unknown as [string, string, string];
  // The server as a whole (RFC 9112, 3.2.4).
  if (rest === '' && method === 'OPTIONS') return { target: '*', authority };
  return { target: rest.startsWith('/') ? rest : `/${rest}`, authority };
}

/** The target is not a path: `*`, or an absolute URL, whose path and host are extracted. Idempotent. */
export function takeTarget(
  raw: Pick<IncomingMessage, 'method' | 'headers'>,
  exchange: { target: string },
): GatewayError | undefined {
  const form = requestTarget(exchange.target, raw.method!);
  if (form === undefined || (form.authority !== undefined && !isHost(form.authority))) {
    return new GatewayError('GW_BAD_REQUEST', { message: 'The request target is malformed' });
  }
  exchange.target = form.target;
  if (form.authority !== undefined) raw.headers.host = form.authority;
  return undefined;
}

/** Nothing has to be extracted. */
export function isPathTarget(target: string): boolean {
  return target.charCodeAt(0) === SLASH && !target.includes('#');
}

const SLASH = 0x2f;

const HOST = /^(?:[A-Za-z0-9._~!$&'()*+;=%-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?$/;
let lastHost: string | undefined;

/** A host and perhaps a port, nothing else: no userinfo, no list, no path (RFC 9110, 7.2; RFC 3986, 3.2.2). */
export function isHost(text: string): boolean {
  // One request after the other has the same.
  if (text === lastHost) return true;
  if (!HOST.test(text)) return false;
  lastHost = text;
  return true;
}
