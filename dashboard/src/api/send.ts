/** A call of the API that the generated client does not know yet. */
import { ApiError } from './api-error.ts';
import { fullAnswerOf } from './client.ts';
import { storedToken } from './token.ts';

export async function send<T>(method: string, path: string, body?: object): Promise<T> {
  const token = storedToken();
  const call = fetch(path, {
    method,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).then(async (response) => {
    const text = await response.text();
    const read: unknown = text === '' ? undefined : JSON.parse(text);
    return response.ok ? { data: read as T, response } : { error: read, response };
  });
  const { data } = await fullAnswerOf<T>(call).catch((error: unknown) => {
    throw error instanceof ApiError ? error : new ApiError(0, undefined);
  });
  return data;
}
