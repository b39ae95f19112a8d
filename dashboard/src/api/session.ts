import type { Authentication } from '../../../src/admin-access/core/admin-access-vocabulary.ts';
import { ApiError } from './api-error.ts';
import type { Role } from './types.ts';
import { storedToken } from './token.ts';

export interface SessionAnswer {
  readonly authentication: Authentication;
  readonly name: string | null;
  /** Null: the gateway does not know the caller. */
  readonly role: Role | null;
}

/** Not through the client: a 401 is an answer here, and must not trigger another check. */
export async function readSession(): Promise<SessionAnswer> {
  const token = storedToken();
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch('/v1/api/session', { headers }).catch(() => {
    throw new ApiError(0, undefined);
  });
  if (response.ok) return (await response.json()) as SessionAnswer;
  // The gateway does not (or no longer) know the token.
  if (response.status === 401) return { authentication: 'token', name: null, role: null };
  throw new ApiError(response.status, undefined);
}
