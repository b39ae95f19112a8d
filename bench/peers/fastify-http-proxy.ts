/** @fastify/http-proxy as its README shows it. `node fastify-http-proxy.ts PORT BACKEND…`; it knows one backend. */
import httpProxy from '@fastify/http-proxy';
import fastify from 'fastify';

const [port, backend] = process.argv.slice(2);
const app = fastify();
await app.register(httpProxy, { upstream: backend! });
await app.listen({ port: Number(port), host: '127.0.0.1' });
