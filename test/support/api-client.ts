/** The typed client over an admin app that does not listen: requests and answers match the document. */
import type { FastifyInstance, InjectOptions } from 'fastify';
import { createClient, type SluiceClient } from '../../openapi/client.ts';

const BODILESS = [204, 304];

export function apiClient(app: FastifyInstance, headers: Readonly<Record<string, string>> = {}): SluiceClient {
  return createClient({
    baseUrl: 'http://localhost',
    headers,
    fetch: async (request) => {
      const { pathname, search } = new URL(request.url);
      const body = await request.text();
      const answer = await app.inject({
        method: request.method as NonNullable<InjectOptions['method']>,
        url: pathname + search,
        headers: Object.fromEntries(request.headers),
        ...(body === '' ? {} : { payload: body }),
      });
      const answered = new Headers();
      for (const [name, value] of Object.entries(answer.headers))
        if (value !== undefined) answered.set(name, `${value}`);
      return new Response(BODILESS.includes(answer.statusCode) ? null : answer.body, {
        status: answer.statusCode,
        headers: answered,
      });
    },
  });
}
