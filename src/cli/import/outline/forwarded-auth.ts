/** A service that is asked about each request: `auth.forward` of a route. */
import type { ImportFindings } from './findings.ts';
import type { Origin } from './origin.ts';
import type { Part } from './part.ts';

const FORWARD = ['auth', 'forward'] as const;

export function askService(route: Part, url: string, origin: Origin): void {
  route.set([...FORWARD, 'url'], url, origin);
}

/** @param names of fields of its answer, which the backend gets */
export function passAnswer(route: Part, names: readonly string[], origin: Origin): void {
  if (names.length > 0) route.set([...FORWARD, 'headers_to_backend'], names, origin);
}

export function noteForwarded(findings: ImportFindings, origin: Origin): void {
  findings.note(origin, 'the service gets Authorization and Cookie only: more in auth.forward.headers_to_auth');
}
