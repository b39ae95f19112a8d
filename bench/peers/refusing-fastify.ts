/**
 * A Fastify route that refuses like the limiter: same status, same fields, same body. `node refusing-fastify.ts PORT`
 */
import fastify from 'fastify';

const [port] = process.argv.slice(2);
const app = fastify();
app.all('/*', (request, reply) => {
  void reply
    .code(429)
    .header('content-type', 'application/json; charset=utf-8')
    .header('retry-after', '60')
    .header('ratelimit-policy', '"default";q=1;w=1000')
    .header('ratelimit', '"default";r=0;t=1000')
    .header('x-request-id', request.id)
    .send(
      JSON.stringify({
        code: 429,
        error: 'GW_RATE_LIMITED',
        message: 'Rate limit exceeded',
        request_id: request.id,
      }),
    );
});
await app.listen({ port: Number(port), host: '127.0.0.1' });
