/** @fastify/reply-from as its README shows it. `node reply-from.ts PORT BACKEND…`; it knows one backend. */
import replyFrom from '@fastify/reply-from';
import fastify from 'fastify';

const [port, backend] = process.argv.slice(2);
const app = fastify();
await app.register(replyFrom, { base: backend! });
app.all('/*', (_request, reply) => reply.from());
await app.listen({ port: Number(port), host: '127.0.0.1' });
