/**
 * Fields of requests that say who the caller is because a route with authentication sets them. No client may send them,
 * on any route: one that passed without authentication would let anybody be anyone at a backend that both routes lead to.
 */
import type { RouteSettings } from '../config/settings.ts';
import type { Placeholder } from '../core/placeholder-vocabulary.ts';
import { Template } from '../core/template.ts';
import { foldedName } from '../http/fields/header-rules.ts';

type AssertingRoute = Pick<RouteSettings, 'auth' | 'requestHeaders'>;

/** What these stand for is established by authentication. */
const IDENTITIES: readonly Placeholder[] = ['auth_user', 'client_id', 'jwt'];

/** Folded, see foldedName. */
export function assertedNames(routes: readonly AssertingRoute[]): ReadonlySet<string> {
  return new Set(routes.flatMap(namesOf).map((name) => foldedName(name.toLowerCase())));
}

function namesOf({ auth, requestHeaders: { set, add } }: AssertingRoute): readonly string[] {
  if (auth === null) return [];
  const filled = [...Object.entries(set), ...Object.entries(add)].flatMap(([name, text]) =>
    isIdentity(text) ? [name] : [],
  );
  return [
    ...filled,
    ...Object.keys(auth.jwt?.forwardClaims ?? {}),
    ...(auth.forward?.headersToBackend ?? []).filter(isNoCredential),
  ];
}

function isIdentity(text: string): boolean {
  return new Template(text).placeholders.some((placeholder) => IDENTITIES.includes(placeholder));
}

/** A service may answer with credentials for the backend; elsewhere, clients send their own. */
function isNoCredential(name: string): boolean {
  return name.toLowerCase() !== 'authorization';
}
