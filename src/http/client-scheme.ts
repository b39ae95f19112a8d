import type { ClientRequest } from './client-side.ts';

/** How the client itself sent it: trusted proxies name that, the first of them first. */
export function clientScheme({ headers, scheme }: ClientRequest, isPeerTrusted: boolean): 'http' | 'https' {
  const named = isPeerTrusted ? headers['x-forwarded-proto'] : undefined;
  if (named === undefined) return scheme;
  return /^https\s*(,|$)/i.test(named) ? 'https' : 'http';
}
