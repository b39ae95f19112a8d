/** A service that is tested behind a gateway: it trusts `X-Client-ID`, which the gateway checks. */
import { createServer, type Server } from 'node:http';

export function checkoutServer(): Server {
  return createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ client: request.headers['x-client-id'] ?? null, path: request.url }));
  });
}
