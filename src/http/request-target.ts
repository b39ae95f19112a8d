/** The four forms of a request target (RFC 9112, 3.2), brought to the one that is routed and forwarded. */

export interface RequestTarget {
  /** Path and query, or `*`. */
  readonly target: string;
  /** Of an absolute-form target, which overrides the Host field (RFC 9112, 3.2.2); undefined: see there. */
  readonly authority: string | undefined;
}

/** Undefined when the target has none of the forms, or one that this method cannot have. */
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

/** A host and perhaps a port, nothing else: no userinfo, no list, no path (RFC 9110, 7.2; RFC 3986, 3.2.2). */
export function isHost(text: string): boolean {
  return /^(?:[A-Za-z0-9._~!$&'()*+;=%-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?$/.test(text);
}
