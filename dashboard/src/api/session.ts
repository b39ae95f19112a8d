import { ApiError } from './api-error.ts';
import type { Role } from './types.ts';
import { storedToken } from './token.ts';

export interface SessionAnswer {
  readonly authentication: 'none' | 'token';
  readonly name: string | null;
  /** Null: the gateway does not know who asks. */
  readonly role: Role | null;
}

export async function readSession(): Promise<SessionAnswer> {
  const token = storedToken();
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch('/v1/api/session', { headers }).catch(() => {
    throw new ApiError(0, undefined);
  });
  if (response.ok) return (await response.json()) as SessionAnswer;
  // A token that the gateway does not know (any more).
  if (response.status === 401) return { authentication: 'token', name: null, role: null };
  // A gateway whose API has no sessions yet.
  if (response.status === 404) return { authentication: 'none', name: null, role: null };
  throw new ApiError(response.status, undefined);
}
