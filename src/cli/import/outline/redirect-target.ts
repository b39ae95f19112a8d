/** Where a redirect leads, in the words of a route. */
import type { ImportFindings } from './findings.ts';
import type { Origin } from './origin.ts';
import { Part } from './part.ts';

export const REDIRECT_CODES = [301, 302, 303, 307, 308];

/**
 * @param location a URL or a path with placeholders of ours, `{host}` and `{path}{query}` among them
 * @param host of the rule; undefined: any
 * @returns undefined, with a finding: it cannot be expressed
 */
export function redirectAction(
  location: string,
  status: number,
  host: string | undefined,
  origin: Origin,
  findings: ImportFindings,
): Part | undefined {
  if (!REDIRECT_CODES.includes(status)) {
    findings.refuse(origin, `${status} is no status of a redirect here: ${REDIRECT_CODES.join(', ')}`);
    return undefined;
  }
  const [, scheme, target, port, rest = ''] =
    /^(?:(https?|\{scheme\}):\/\/((?:[^/:{]|\{(?!path\}|query\})[\w.]+\})+)(?::(\d+))?)?((?:\/|\{path\}).*)?$/.exec(
      location,
    ) ?? [];
  if (location === '' || (target === undefined && rest === '')) {
    findings.refuse(origin, `"${location}" is neither a URL nor a path`);
    return undefined;
  }
  const redirect = new Part();
  if (scheme !== undefined && scheme !== '{scheme}') redirect.set('scheme', scheme, origin);
  if (target !== undefined && target !== '{host}') redirect.set('host', target, origin);
  if (port !== undefined) redirect.set('port', Number(port), origin);
  const path = rest.replace(/\{query\}$/, '');
  if (path !== '{path}') redirect.set('path', path === '' ? '/' : path, origin);
  redirect.set('status', status, origin);
  if (host === undefined && target === '{host}' && scheme !== undefined && scheme !== '{scheme}') {
    redirect.set(
      'any_host',
      true,
      origin,
      'unsafe: leads to whatever host a client names. Give the route a host instead',
    );
    findings.note(
      origin,
      'redirects to whatever host a client names, as before: any_host. Give the route a host instead',
    );
  }
  if (redirect.size === 1) {
    findings.refuse(origin, 'leads back to the same URL');
    return undefined;
  }
  return new Part().set('redirect', redirect, origin);
}

/** The same answer for every request. */
export function respondAction(status: number, body: string | undefined, origin: Origin, remark?: string): Part {
  const respond = new Part().set('status', status, origin, remark);
  if (body !== undefined && body !== '') respond.set('body', body, origin);
  return new Part().set('respond', respond, origin);
}
