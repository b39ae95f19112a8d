/** The generated API client with the operator's token on each request; refusals are thrown as an ApiError. */
import { createClient, type components } from '../../../openapi/client.ts';
import { ApiError } from './api-error.ts';
import { storedToken } from './token.ts';

let onUnauthorized: () => void = () => undefined;

/** Called when the API no longer accepts the token. */
export function whenUnauthorized(listener: () => void): void {
  onUnauthorized = listener;
}

export const api = createClient({ baseUrl: window.location.origin });

api.use({
  onRequest: ({ request }) => {
    const token = storedToken();
    if (token !== null) request.headers.set('authorization', `Bearer ${token}`);
    return request;
  },
  onResponse: ({ response }) => {
    if (response.status === 401) onUnauthorized();
  },
});

interface Answered<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** The answer's body, or a refusal as an exception. */
export async function answerOf<T>(call: Promise<Answered<T>>): Promise<T> {
  return (await fullAnswerOf(call)).data;
}

export async function fullAnswerOf<T>(call: Promise<Answered<T>>): Promise<{ data: T; response: Response }> {
  const { data, error, response } = await call.catch(() => {
    throw new ApiError(0, undefined);
  });
  if (!response.ok) throw new ApiError(response.status, error as Partial<components['schemas']['Error']> | undefined);
  return { data: data as T, response };
}
